# Floats and long ints in formats.


def attempt(what):
    try:
        print(what())
    except Exception as e:
        print(type(e).__name__)


def main():
    for x in (0.0, 1.0, -1.5, 0.125, 1234.5, 0.00001, 8388608.0, -2.5e-7, 65536.0, 99.75):
        print(f"{x}|{x:f}|{x:.2f}|{x:8.1f}|{x:<9.3f}|{x:+.0f}|{x:e}|{x:.2E}|{x:g}|{x:.3g}|{x:G}|{x:010.2f}|{x:,.1f}|{x:.1%}|{x:#.4g}|{x:.3}")
        print("%f|%.1f|%8.2f|%-8.2f|%+e|%g|%s|%r|%08.1f|%d" % (x, x, x, x, x, x, x, x, x, x))
    for x in (float("inf"), float("-inf"), float("nan")):
        print(f"{x}|{x:f}|{x:8.2f}|{x:+}|{x:e}|{x:G}|{x:<6}|", "%f %5.1f" % (x, x))
    print(f"{3:f} {3:.1f} {3:e} {1:%} {7:g} {True:.1f}", "%f %.2f" % (3, 4))
    print(f"{0.5:.0f} {1.5:.0f} {2.5:.0f} {0.25:.1f} {0.75:.1f} {9.96:.1f} {999999.5:g} {1000000.0:g} {0.0001:g} {123456.0:g}")
    big = 2**100
    print(f"{big} {big:,} {big:x} {big:#X} {big:b} {big:>40} {-big:+} {big:_}", "%d %x %40d" % (big, big, -big), format(-big, ","), hex(big), bin(-big), oct(big))
    print(f"{10**20:e} {2**40:.3f} {2**70:g}")
    print("{:.3f} {:>10.2f} {!r}".format(0.5, 2.25, 1.5), round(2.5, 1), f"{[1.5, 2]}", str(1e16))
    attempt(lambda: f"{1.5:d}")
    attempt(lambda: f"{1.5:x}")
    attempt(lambda: "%x" % 1.5)
    attempt(lambda: "%f" % "a")
    attempt(lambda: f"{'a':f}")
    return f"{1.0:.10f}", f"{0.5:30.20f}"
