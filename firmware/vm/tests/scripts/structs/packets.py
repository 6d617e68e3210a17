# a program: packets with a header, a length and a checksum
import struct
def frame(kind, payload):
    body = struct.pack(">BH", kind, len(payload)) + payload
    return b"\x7e" + body + bytes([sum(body) & 0xFF])
def parse(stream):
    at, out = 0, []
    while at < len(stream):
        if stream[at] != 0x7E:
            at += 1
            continue
        if len(stream) < at + 4: break
        kind, n = struct.unpack_from(">BH", stream, at + 1)
        body = stream[at + 1:at + 4 + n]
        ok = len(body) == n + 3 and stream[at + 4 + n] == sum(body) & 0xFF
        out.append((kind, bytes(body[3:]), ok))
        at += 5 + n
    return out
stream = frame(1, b"hi") + b"junk" + frame(2, b"") + frame(255, bytes(range(5)))
broken = bytearray(stream); broken[5] ^= 1
print(stream, parse(stream), parse(broken)[0])
