# The format language on ints and texts, through f-strings, str.format and format().


def attempt(what):
    try:
        print(what())
    except Exception as e:
        print(type(e).__name__)


class Temperature:
    def __init__(self, degrees):
        self.degrees = degrees

    def __str__(self):
        return f"{self.degrees} K"

    def __repr__(self):
        return f"Temperature({self.degrees!r})"


class Chosen:
    def __format__(self, spec):
        return "<" + spec + ">"


def main():
    n, s, w = 1234567, "héllo", 9
    print(f"{n}|{n:d}|{n:10}|{n:<10}|{n:>10}|{n:^10}|{n:=+10}|{n:010}|{n:+}|{n: }|{-n: }|{-n:010}|{n:,}|{n:_}|{-n:12,}|{-999:,}|{1000:,}")
    print(f"{255:x}|{255:X}|{255:#x}|{255:#X}|{255:o}|{255:#o}|{5:b}|{5:#b}|{5:08b}|{-5:#010b}|{255:#06x}|{65:c}|{65:>3c}|{True:d}|{True}|{0:x}")
    print(f"{s}|{s:8}|{s:<8}|{s:>8}|{s:^8}|{s:*^9}|{s:é>8}|{s:.2}|{s:6.2}|{s:s}|{s!r}|{s!s:>7}|{s!r:>9}|{'':3}|{'{}'}")
    print(f"{n:{w + 3}}|{n:>{w + 3}}|{s:{'*'}^{w}}|{{}}|{{{n}}}|{n:<{w}}|")
    print("{} {} {}".format(1, "a", None), "{0} {1} {0}".format("x", "y"), "{a} {b:>4} {a!r}".format(a="k", b=7), "{0:>{1}}".format("q", 4))
    print("{:{}}|{:{}{}}".format(5, 3, 6, "<", 4), "{{}} {}".format(0), "".format(), "plain".format(1, 2), "{:}".format(3))
    print(format(5), format(5, "3"), format("x", ">3"), format(255, "#x"), format(None), format([1, 2]), format("", "2") + "|")
    t = Temperature(300)
    print(f"{t} {t!r} {t!s:>6} {[t]} {(1,)} {None} {Chosen():ab c} {Chosen()}", format(Chosen(), "x"))
    print(hex(255), hex(-16), oct(8), bin(5), bin(-1), hex(0), bin(True))
    print("%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%#o|%c|%c|%s|%r|%%" % (42, 42, 42, 42, 42, 255, 255, 255, 8, "a", 66, "s", "r"))
    print("%*d|%-*d|%.2s|%5.1s|%(k)s" % (4, 1, 4, 2, "abc", "xyz") if False else "%*d|%-*d|%.2s|%5.1s" % (4, 1, 4, 2, "abc", "xyz"))
    print("%(name)s is %(age)03d, %(name)r" % {"name": "Ann", "age": 7}, "%s" % {"a": 1}, "%s" % (("t",),), "%s" % [1])
    for n in (0, 1, -1, 12, -123, 1234, 123456, 999999999):
        print("{:,} {:_} {:+,} {:>8} {:x} {:b}".format(n, n, n, n, n, n))
    attempt(lambda: "{} {}".format(1))
    attempt(lambda: "{x}".format(1))
    attempt(lambda: "{1}".format(1))
    attempt(lambda: "{".format(1))
    attempt(lambda: "}".format(1))
    attempt(lambda: "{:d}".format("a"))
    attempt(lambda: "{:s}".format(1))
    attempt(lambda: "{:q}".format(1))
    attempt(lambda: "{:3}".format(None))
    attempt(lambda: "{:3}".format([]))
    attempt(lambda: "{:=5}".format("a"))
    attempt(lambda: format(1, 2))
    attempt(lambda: "%d" % "a")
    attempt(lambda: "%(a)s" % {})
    attempt(lambda: "%" % ())
    attempt(lambda: hex("a"))
    line = ""
    for i in range(20):
        line += f"{i:>3}:{i * i:<4}" + "%02x" % i
    return line
