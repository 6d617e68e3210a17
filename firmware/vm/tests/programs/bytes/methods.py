# Methods of bytes and byte arrays: those of texts, on bytes of any value.


def main():
    b = b"one,two,,three"
    a = bytearray(b)
    print(b.split(b","), a.split(b",", 1), b" a  b ".split(), b.split(b"x"))
    print(b", ".join([b"a", b"b", bytearray(b"c")]), b"".join([]), bytearray(b"-").join([b"x", b"y"]))
    print(b"  x ".strip(), b"xxaxx".strip(b"x"), bytearray(b"xa ").lstrip(b"x"), b"a\n".rstrip())
    print(b.find(b"two"), b.find(b"zwei"), b.rfind(b","), b.index(b","), b.count(b","), b.find(b",", 4), b.find(b",", 4, 6), a.find(b"\x00"))
    print(b"\xff\xfe\xfd".find(b"\xfd"), b"\xc3\xa4x".find(b"x"), b"\xc3\xa4x".count(b""), b"\x80\x81".rfind(b"\x81"))
    print(b.replace(b",", b";"), b.replace(b",", b"", 2), a.replace(b"t", b"T"), b"ab".replace(b"", b"-"))
    print(b.startswith(b"one"), b.endswith(b"x"), a.startswith((b"x", b"o")), b.endswith(bytearray(b"three")))
    print(b.upper(), a.lower(), b"AbC".lower(), bytearray(b"x").upper(), b"12".isdigit(), b"a1".isalpha(), b" ".isspace(), b"".isdigit())
    print(b"\x00\xff\x10".hex(), b"abc".hex(":"), bytearray(b"ab").hex(), bytes.fromhex("00 ff10"), bytes.fromhex(""), bytearray.fromhex("61") == b"a")
    for bad in ("0", "0g", "zz"):
        try:
            print(bytes.fromhex(bad))
        except ValueError:
            print("no", bad)
    for what in (lambda: b.find("x"), lambda: "x".find(b), lambda: b",".join(["a"]), lambda: b.split(",")):
        try:
            print(what())
        except TypeError:
            print("TypeError")
    try:
        b.index(b"zwei")
    except ValueError:
        print("not there")
    return b.split(b",")[0] == b"one"
