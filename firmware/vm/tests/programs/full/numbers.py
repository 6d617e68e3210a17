# Small ints, long ints and floats together.


def attempt(what):
    try:
        print(what())
    except Exception as e:
        print(type(e).__name__)


def main():
    for n in (10**6, 2**31, 2**40, 2**100, -(2**64), 3 * 2**90):
        f = float(n)
        print(n == f, f == n, int(f) == n, n < f * 2, n > f / 2, hash(f) == hash(n), f / 2 == n // 2, {n: 1}.get(f))
    print(2**70 / 2**68, 2**99 / 2**96, -(10**30) / 10**30, 7 / 2**70 == 7.0 * 2.0**-70, 2**200 / 2**199, 1 / 4, 2**31 / 2 == 2**30)
    print(int(-(2.0**70)), int(2.0**31), int(-(2.0**31)), int(2.0**30), int(-(2.0**30)), int(1073741760.0))
    print(2**64 + 0.0 == 2.0**64, 2**64 * 0.5 == 2**63, 0.5 * 2**64 == 2**63, 2**64 // 3.0 == 6148914691236517205.0, 2.0**64 - 2**64)
    print(round(2.0**40), round(10**20, -19), round(15 * 10**18, -19), round(25 * 10**18, -19), round(-(10**20)), round(10**20, 2))
    print((-2) ** -1, 2**-1, (2**40) ** -1 == 2.0**-40, (2**40) ** 0.5, 2 ** (2**0))
    print(divmod(2**40, 0.5)[1], divmod(-7.5, 2), 2**40 % 3.0, min(2**40, 1e9), max(2**40, 1e9))
    print(sorted([2**40, 1.5, -(2**40), 0, -0.5, True]), [1.0, 2**40].index(2**40), abs(-(2**40)), abs(-0.5))
    print("%d %s" % (2**40, 2.5), int("9" * 25) // 10**20, "%x %o" % (2**40, 2**33))
    huge = int("1" + "0" * 400)
    attempt(lambda: huge * 1.0)
    attempt(lambda: float(huge))
    attempt(lambda: huge / 3)
    attempt(lambda: huge // 3.0)
    attempt(lambda: int(float("inf")))
    attempt(lambda: 2**70 & 1.0)
    attempt(lambda: 2**70 < "a")
    attempt(lambda: 2**70 / 0)
    attempt(lambda: 2**64 < float("nan"))
    attempt(lambda: (2**64 < float("inf"), -(2**64) < float("-inf")))
    return 2**53 == float(2**53), 10**10 / 4 == 2500000000.0
