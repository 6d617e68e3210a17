# find, split, join, replace, strip and the rest on bytes
b = b"one,two,one"
print(b.find(b"two"), b.split(b","), b.replace(b"one", b"1"), b",".join([b"a", b"b"]), b.count(b"one"), b.startswith(b"one"), b.endswith(b"x"), b" a ".strip(), b.upper(), b.rfind(b"o"), b"two" in b, 111 in b, b.partition(b","), b.index(b"t"))
