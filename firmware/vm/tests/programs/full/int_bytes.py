# Ints as bytes and back.


def attempt(what):
    try:
        print(what())
    except Exception as e:
        print(type(e).__name__)


def main():
    for n in (0, 1, 255, 256, 65535, 1 << 30, (1 << 64) - 1, 0x123456789ABCDEF01234, 10**30):
        size = (n.bit_length() + 7) // 8 + 1
        for order in ("big", "little"):
            b = n.to_bytes(size, order)
            print(n, b, int.from_bytes(b, order) == n, (-n).to_bytes(size, order, signed=True) if n else b)
    print(int.from_bytes(b"", "big"), int.from_bytes(b"\xff\xfe", "little"), int.from_bytes([1, 2] and b"\x01\x02", "big"), (5).to_bytes(0 + 1, "big"))
    for n in (-1, -128, -129, 127, -(1 << 40), -(1 << 63)):
        b = n.to_bytes(9, "little", signed=True)
        print(b, int.from_bytes(b, "little", signed=True) == n)
    attempt(lambda: (256).to_bytes(1, "big"))
    attempt(lambda: (128).to_bytes(1, "big", signed=True))
    attempt(lambda: (-129).to_bytes(1, "big", signed=True))
    attempt(lambda: (-1).to_bytes(4, "big"))
    attempt(lambda: (1).to_bytes(-1, "big"))
    attempt(lambda: (1).to_bytes(2, "middle"))
    return int.from_bytes(bytes(range(1, 20)), "big")
