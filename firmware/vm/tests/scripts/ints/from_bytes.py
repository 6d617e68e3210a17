# int.from_bytes and to_bytes, both orders
for n in (0, 1, 255, 256, 65535, 123456, 1 << 40):
    little, big = n.to_bytes(8, "little"), n.to_bytes(8, "big")
    print(n, little, big, int.from_bytes(little, "little"), int.from_bytes(big, "big"))
print(int.from_bytes(b"\xff\x00\x01", "big"), int.from_bytes(b"", "little"))
