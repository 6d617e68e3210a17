# Long ints: where small ones end, conversions, and what is refused.


def attempt(what):
    try:
        print(what())
    except Exception as e:
        print(type(e).__name__)


def main():
    big = 1 << 30
    print(big - 1, big, -big, -big - 1, big + big, big * big, -big * big, -(-big), abs(-big), -big // -1, ~(big - 1), ~-big - 1)
    for shift in (28, 29, 30, 31, 32, 33, 61, 62, 63, 64, 65):
        a = 1 << shift
        print(shift, a - 1, a, -a, (a - 1) + 1 == a, (a + 1) - 1 - a, (a * 3) // 3 == a, a >> shift, -a >> shift, (-a - 1) >> shift)
    x = 5
    x <<= 70
    x += 1
    x -= 2
    x *= -3
    x //= 7
    x %= 10**12
    x |= 1 << 80
    x ^= 3
    x &= -2
    x >>= 3
    x **= 2
    print(x)
    print(2**31, 2**100, (-3) ** 41, 10**20 // 10**18, -(10**20) // 10**18, -(10**20) % 7, 10**20 % -7, 7 % 10**20, -7 % 10**20, -7 // 10**20)
    print(int("123456789012345678901234567890"), int("-0x" + "f" * 20, 16), int("z" * 12, 36), int(" 1_000_000_000_000 "), int("0b" + "10" * 40, 0))
    print(0x123456789ABCDEF0, -0xFFFFFFFFFFFFFFFF, 1000000007 * 998244353)
    for text in ("", "-", "12345678901234567890x", "1__0000000000000", "_10000000000000", "0x"):
        attempt(lambda: int(text))
    attempt(lambda: 10**30 // 0)
    attempt(lambda: 10**30 % 0)
    attempt(lambda: divmod(10**30, 0))
    attempt(lambda: 1 << -1)
    attempt(lambda: (1 << 70) >> -1)
    attempt(lambda: 10**30 + "a")
    attempt(lambda: [1, 2][10**30])
    attempt(lambda: "ab"[: 10**30] + "ab"[-(10**30) :] + "ab"[10**30 :])
    attempt(lambda: pow(3, 10**30 + 1, 10**9 + 7))
    attempt(lambda: (pow(2, 200, 10**40 + 1), pow(-5, 3, 10**20), pow(7, 0, 5), pow(2, 5, -7), pow(0, 0, 1)))
    attempt(lambda: pow(2, 3, 0))
    d = {10**20: "a", 2**64: "b", 7: "c"}
    print(d[10**20], d[1 << 64], 10**20 in d, -(10**20) in d, sorted([10**20, -(10**20), 5, 2**64]), max(10**20, 3), sum([10**20, 1, -(10**20)]))
    print([10**20], (10**20,), "%s %r %d" % (10**20, -(10**20), 10**20), isinstance(10**20, int), type(10**20) is int)
    print(hash(10**30) == hash(10**30 + 0), 1 if 10**20 else 2, not 10**20, True + 10**20, 10**20 - True, 10**20 == 10**20 + 1)
    total = 0
    for i in range(1073741820, 1073741823):
        total += i
    f = 1
    for i in range(1, 60):
        f *= i
    print(f, len(str(f)))
    return total, (10**60).bit_length(), (0).bit_length(), (-8).bit_length()
