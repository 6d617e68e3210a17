# struct: records in a buffer, with offsets, text and padding
import struct
RECORD = "<H4sBx"
buffer = bytearray(struct.calcsize(RECORD) * 3)
for i, (n, name) in enumerate(((1, b"one"), (2, b"two"), (300, b"three"))):
    struct.pack_into(RECORD, buffer, i * 8, n, name, i)
print(len(buffer), buffer)
for i in range(3): print(struct.unpack_from(RECORD, buffer, i * 8))
for bad in (lambda: struct.pack("<B"), lambda: struct.unpack("<H", b"a"), lambda: struct.pack("<z", 1)):
    try:
        bad()
        print("no error")
    except Exception as e:
        print("error")
