# Bytes and byte arrays: making, looking, slicing, changing.


def attempt(what):
    try:
        print(what())
    except ValueError:
        print("ValueError")
    except Exception as e:
        print(type(e).__name__)


def main():
    b = b"abc\x00\xff+"
    a = bytearray(b)
    print(b, a, len(b), len(a), b[0], b[-1], a[4], b[1:3], a[1:3], b[::-1], a[::2], b[5:2])
    print(bytes(), bytes(3), bytes([1, 2, 255]), bytes(range(5)), bytes(a), bytes("hé", "utf-8"), bytearray(b"x"), bytearray(4), bytearray("z", "ascii"))
    print(b == a, b == b"abc", a == bytearray(b), b < b"abd", b"b" > b"a", b"" == bytearray(), b"a" == "a", b"a" != b"b", b"ab" <= b"ab")
    print(b + b"!", a + b"!", b"!" + a, b"ab" * 3, 2 * b"ab", bytearray(b"ab") * 2, b"ab" * 0, b"ab" * -1)
    print(97 in b, 7 in b, b"bc" in b, b"cb" in a, 255 in a, [n for n in b"hey"], list(bytearray(b"yo")), tuple(b"ab"), sum(b"\x01\x02"), max(a), sorted(b"cab"))
    print({b"k": 1}[b"k"], hash(b"ab") == hash(b"a" + b"b"), bool(b""), bool(a), not b"\x00", b"" or 1)
    a[0] = 65
    a[-1] = 0
    print(a)
    a[1:3] = b"12345"
    print(a)
    a[1:6] = b""
    print(a)
    a[2:2] = [7, 8, 9]
    print(a)
    a[:] = a + a
    print(a)
    a[1:1] = a
    print(a, len(a))
    del a[1]
    del a[2:20]
    print(a)
    a.append(33)
    a.extend(b"end")
    a.extend([1, 2])
    a += b"more"
    print(a)
    c = a
    c += b"!"
    print(c is a, a[-1])
    grow = bytearray()
    for i in range(300):
        grow.append(i % 251)
    print(len(grow), grow[250], grow[251], bytes(grow[298:]))
    print(isinstance(b, bytes), isinstance(a, bytes), isinstance(a, bytearray), type(b) is bytes, bytes(reversed(b"abc")), ord(b"a"), repr(b'"'), b'"\'')
    x, y, *z = b"wxyz"
    print(x, y, z)
    text = "grüße"
    print(text.encode(), text.encode().decode(), str(b"ok", "utf-8"), str(b"ok"), bytearray(b"q").decode("utf-8"))
    attempt(lambda: bytes([256]))
    attempt(lambda: bytes([-1]))
    attempt(lambda: bytes(-1))
    attempt(lambda: bytes("x"))
    attempt(lambda: b[10])
    attempt(lambda: b + "x")
    attempt(lambda: "x" + b)
    attempt(lambda: b < 3)
    attempt(lambda: {a: 1})
    attempt(lambda: a.append(256))
    attempt(lambda: a.append("x"))
    attempt(lambda: b"\xff".decode())
    attempt(lambda: 300 in b)
    attempt(lambda: bytes([1, "a"]))
    return a
