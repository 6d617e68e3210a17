import struct

print(struct.pack("<bBhHiI", -1, 255, -2, 65535, -3, 4294967295))
print(struct.pack(">bBhHiI", -1, 255, -2, 65535, -3, 4294967295))
print(struct.pack("<lLqQ", -5, 7, -(1 << 63), (1 << 64) - 1))
print(struct.pack("!hi", 1, 2), struct.pack("=hi", 1, 2))
print(struct.pack("<f", 1.5), struct.pack(">d", -0.25), struct.pack("<f", 3))
print(struct.pack("5s", b"abc"), struct.pack("2s", b"abcdef"), struct.pack("s", b"xy"), struct.pack("0s", b"x"))
print(struct.pack("<B2xH", 1, 2), struct.pack("<3B", 1, 2, 3), struct.pack("< 2h b", 1, 2, 3))
print(struct.pack("BH", 1, 2), struct.pack("@BI", 1, 2), struct.pack("Bq", 1, 2), struct.pack("<BI", 1, 2))
print(struct.pack("<2s2s", bytearray(b"hi"), b"yo"), struct.pack("<H0I", 5), struct.pack("H0I", 5), struct.pack(""))
for code in ["b", "B", "h", "H", "i", "I", "<q", "<Q"]:
    for value in [-(1 << 63) - 1, -(1 << 31), -129, -1, 0, 127, 128, 65536, 1 << 31, 1 << 63, 1 << 64, 1 << 70]:
        try:
            print(code, value, struct.pack(code, value))
        except struct.error:
            print(code, value, "out of range")
