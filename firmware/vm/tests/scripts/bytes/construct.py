# bytes and bytearray from counts, lists, text and each other
print(bytes(3), bytes([1, 2, 255]), bytes("aé", "utf-8"), bytes(bytearray(b"x")), bytearray(2), bytearray([65, 66]), bytearray(b"ab"), bytes(range(5)), bytes(i for i in (1, 2)))
for f in (lambda: bytes([256]), lambda: bytes([-1]), lambda: bytes(["a"]), lambda: bytes(-1), lambda: bytearray([300])):
    try:
        f()
    except (ValueError, TypeError) as e:
        print(type(e).__name__)
