# bytes literals, lengths, subscripts and slices
b = b"abc\x00\xff\n'"
print(b, len(b), b[0], b[-1], b[1:3], b[::-1], list(b), b + b"x", b"a" * 3, b"" == bytes(), b'"', b"'\"")
