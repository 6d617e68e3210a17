# bytes compare with bytes, never with text
print(b"a" < b"b", b"a" == bytearray(b"a"), b"a" == "a", b"ab" > b"a", sorted([b"b", b"a", b""]), {b"k": 1}[b"k"], hash(b"a") == hash(b"a"), b"a" != b"b")
for f in (lambda: b"a" + "a", lambda: "a" + b"a", lambda: b"a" < "a", lambda: hash(bytearray(b"a")), lambda: "a" in b"a"):
    try:
        f()
        print("no error")
    except TypeError:
        print("TypeError")
