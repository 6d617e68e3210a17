import struct


def attempt(what):
    try:
        print(what())
    except struct.error:
        print("error")
    except TypeError:
        print("TypeError")


attempt(lambda: struct.pack("y", 1))
attempt(lambda: struct.pack("<", 1))
attempt(lambda: struct.pack("B"))
attempt(lambda: struct.pack("B", 1, 2))
attempt(lambda: struct.calcsize("3"))
attempt(lambda: struct.unpack("<H", b"\x01"))
attempt(lambda: struct.unpack("<H", b"\x01\x02\x03"))
attempt(lambda: struct.unpack_from("<H", b"\x01\x02", 1))
attempt(lambda: struct.unpack_from("<H", b"\x01\x02", -3))
attempt(lambda: struct.pack_into("<H", bytearray(2), 1, 5))
attempt(lambda: struct.pack_into("<H", bytearray(2), 0))
attempt(lambda: struct.pack_into("<H", b"ab", 0, 5))
attempt(lambda: struct.unpack("<H", 5))
attempt(lambda: struct.unpack("1000000000B", b"\x01"))
attempt(lambda: struct.pack("1000000000B", 1))
