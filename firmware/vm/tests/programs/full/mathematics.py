# The module `math`: values that 32 bits show as 64 bits do, or rounded.

import math


def near(value):
    return round(value * 1000)


def main():
    print(near(math.pi), near(math.e), math.inf, math.nan)
    for x in (0.0, 0.5, 1.0, 2.0, 10.0):
        print(near(math.sqrt(x)), near(math.exp(x / 4)), near(math.sin(x)), near(math.cos(x)), near(math.atan(x)), near(math.tan(x / 8)))
    print(near(math.log(10)), near(math.log(8, 2)), near(math.log2(10)), near(math.log10(50)), near(math.pow(2, 0.5)), near(math.atan2(-1, -2)), near(math.asin(0.5)), near(math.acos(-0.5)))
    for x in (2.5, -2.5, 3.0, -0.25, 7):
        print(math.floor(x), math.ceil(x), math.trunc(x), math.fabs(x), math.modf(x), math.frexp(x), math.fmod(x, 2), math.copysign(x, -1))
    print(math.ldexp(0.75, 4), math.ldexp(1, -3), math.isnan(math.nan), math.isinf(-math.inf), math.isfinite(1), math.isfinite(math.inf), near(math.degrees(1)), near(math.radians(180)))
    print(math.floor(2.0**40), math.ceil(10**20), math.sqrt(2**40), math.pow(0, 0), math.exp(-math.inf), math.atan(math.inf) > 1.5)
    for what in (
        lambda: math.sqrt(-1),
        lambda: math.log(0),
        lambda: math.log(-1),
        lambda: math.log(2, 1),
        lambda: math.acos(2),
        lambda: math.exp(1000),
        lambda: math.sin(math.inf),
        lambda: math.floor(math.nan),
        lambda: math.ceil(math.inf),
        lambda: math.fmod(1, 0),
        lambda: math.sqrt("a"),
        lambda: math.pow(-2, 0.5),
    ):
        try:
            print(what())
        except Exception as e:
            print(type(e).__name__)
    from math import sqrt

    return sqrt(16), math.__name__
