# items, slices, append, extend, delete and +=
a = bytearray(b"hello")
a[0] = 72
a.append(33)
a.extend(b"!!")
a += b"?"
a[1:3] = b"EL"
print(a, len(a), a[0], a[1:4])
a[1:1] = b"--"
a[-3:] = b""
print(a, a.decode(), bytes(a))
for f in (lambda: a.append(256), lambda: a.append(-1), lambda: a[100]):
    try:
        f()
    except (ValueError, IndexError) as e:
        print(type(e).__name__)
