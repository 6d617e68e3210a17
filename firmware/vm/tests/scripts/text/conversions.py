# str, repr, ord, chr of everything
print(str(1), str(None), str(True), str([1, "a"]), str({"a": 1}), str((1,)), str(b"x"), repr("x"), str(), str(1.5), ord("a"), chr(97), str(b"abc", "utf-8"))
for f in (lambda: ord("ab"), lambda: ord(""), lambda: chr(-1), lambda: chr(0x110000)):
    try:
        f()
    except (TypeError, ValueError) as e:
        print(type(e).__name__)
