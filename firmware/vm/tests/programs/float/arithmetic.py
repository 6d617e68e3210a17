# Floats: the operators, with the rounding and the signs of Python. Values are such that 32 bits hold them.


def show(*values):
    print(*values)


def main():
    show(1.5 + 2.25, 1.5 - 2.25, 1.5 * 2.25, 1.0 / 8, 7 / 2, -7 / 2, 1 / 4)
    show(1 + 0.5, 0.5 + 1, 2 - 0.5, 0.5 - 2, 3 * 0.5, True + 0.5)
    for a in (7.5, -7.5):
        for b in (2.0, -2.0, 0.25):
            show(a // b, a % b, divmod(a, b))
    show(6.0 // 2, 6.0 % 2, -6.0 % 2, 6.0 % -2, -0.0 // 1, 0.0 % -1)
    show(2.0**10, 2**-2, 4**0.5, 2.0**-3, (-2.0) ** 3, 0.0**0, (-8.0) ** 2)
    show(-1.5, +1.5, -(-0.5), -0.0, 0.0, abs(-2.5), abs(2.5))
    x = 1.0
    x += 1
    x *= 4.5
    x -= 0.5
    x /= 2
    x //= 1.5
    show(x)
    show(1.5 < 2.5, 1.5 > 2.5, 1.5 == 1.5, 1.5 != 1.5, 1.5 <= 1.5, 1.5 >= 2.5)
    show(1 < 1.5, 2 > 1.5, 2 == 2.0, 2.0 == 2, True == 1.0, 1.5 in [1, 1.5], 2 in [1.0, 2.0])
    show(16777217 == 16777216.0, 16777217 > 16777216.0, 1073741823 < 1073741824.0)
    nan = float("nan")
    inf = float("inf")
    show(nan == nan, nan != nan, nan < 1, nan > 1, 1 <= nan, inf > 1, -inf < 1, inf == inf)
    show(inf, -inf, nan, inf - inf, inf * 0.0, 1.0 // inf, -1.0 // inf, -1.0 % inf)
    show(bool(0.0), bool(-0.0), bool(0.5), not 0.0, 1 if 0.25 else 2)
    show([1.5, 2.5, 0.5] == [1.5, 2.5, 0.5], sorted([2, 1.5, -0.5, 1]), min(1, 0.5), max(1, 2.5), sum([0.5, 1, 2]))
    show({1.0: "a", 0.5: "b"}[1], {1: "a"}[1.0], {0.5: "b"}[0.5], hash(2.0) == hash(2), (1.0,) in {(1,): 3})
    for text in ("1.5 + 'a'", "a"):
        pass
    for what in (
        lambda: 1.0 / 0,
        lambda: 1 / 0,
        lambda: 1.0 // 0.0,
        lambda: 1.0 % 0,
        lambda: 0.0**-1,
        lambda: 1.5 + "a",
        lambda: "a" + 1.5,
        lambda: 1.5 & 1,
        lambda: ~1.5,
        lambda: [1, 2][sum([0.0])],
        lambda: 1.5 < "a",
        lambda: sum([1e30]) ** 99,
        lambda: "ab" * 1.5,
        lambda: range(1.5),
    ):
        try:
            show(what())
        except Exception as e:
            show(type(e).__name__)
    return isinstance(1.5, float), isinstance(1, float), type(1.5) is float
