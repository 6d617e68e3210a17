def main():
    r = []
    for a in (17, -17, 5, 0, 1000003, -1):
        for b in (5, -5, 1, -1, 7):
            r.append((a + b, a - b, a * b, a // b, a % b, a & b, a | b, a ^ b, a < b, a >= b))
    r.append([3 ** 4, 2 ** 0, (-2) ** 3, 1 << 20, -9 >> 1, ~5, -7, +3, abs(-4), divmod(-7, 2), pow(3, 5)])
    x = 10
    x += 5; x -= 3; x *= 4; x //= 5; x %= 7; x <<= 3; x >>= 1; x |= 3; x ^= 5; x &= 14; x **= 2
    r.append(x)
    r.append([True + 1, True & False, True | False, True ^ True, int("42"), int("-0x1f", 16), int(True), bool(3), 1 == True])
    return r
