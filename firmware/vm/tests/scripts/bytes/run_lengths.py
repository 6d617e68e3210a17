# a small compression of runs, there and back
def pack(data):
    out, i = bytearray(), 0
    while i < len(data):
        j = i
        while j < len(data) and data[j] == data[i] and j - i < 255:
            j += 1
        out.append(j - i)
        out.append(data[i])
        i = j
    return bytes(out)
def unpack(data):
    return b"".join(bytes([data[i + 1]]) * data[i] for i in range(0, len(data), 2))
for data in (b"", b"aaaabbbc", bytes(600), b"abc"):
    print(len(pack(data)), pack(data)[:6], unpack(pack(data)) == data)
