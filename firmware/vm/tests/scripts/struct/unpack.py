import struct

data = struct.pack("<bBhHiIqQ", -1, 255, -2, 65535, -3, 4294967295, -(1 << 63), (1 << 64) - 1)
print(struct.unpack("<bBhHiIqQ", data))
print(struct.unpack(">bBhHiIqQ", data))
print(struct.unpack("<fd", struct.pack("<fd", 1.5, -0.25)))
print(struct.unpack("3s2xB", b"abc\x00\x00\x07"), struct.unpack("<2H", b"\x01\x00\x02\x00"))
print(struct.unpack(b"<H", bytearray(b"\x34\x12")), struct.unpack("", b""))
print(struct.unpack("BH", struct.pack("BH", 1, 2)), struct.unpack("bbi", struct.pack("bbi", 1, -2, -3)))
a, (b, c) = 1, struct.unpack(">HH", b"\x00\x01\x00\x02")
print(a, b, c)
for start in range(4):
    print(struct.unpack_from("<H", b"\x01\x02\x03\x04\x05", start))
print(struct.unpack_from("<B", b"\x01\x02\x03", -1))
