import struct

buffer = bytearray(12)
struct.pack_into("<HI", buffer, 1, 0x1234, 0x56789ABC)
print(buffer)
struct.pack_into(">h", buffer, -2, -2)
print(buffer)
struct.pack_into("3s", buffer, 0, b"z")
print(buffer)
struct.pack_into("4s", buffer, 6, buffer)
print(buffer)
struct.pack_into("4s", buffer, 2, bytes(memoryview(buffer)[0:4]))
print(buffer)
view = memoryview(buffer)[4:8]
struct.pack_into("<I", view, 0, 0x01020304)
print(buffer, struct.unpack_from("<H", view, 2))
for format in ["<b", "<3bH", "3s", "BH", "BI", "<BI", "Bd", "bbbi", "2x", "10s3x"]:
    print(format, struct.calcsize(format))


class Shrinks:
    def __index__(self):
        print("asked")
        return 3


struct.pack_into("B", buffer, 0, Shrinks())
print(buffer)
