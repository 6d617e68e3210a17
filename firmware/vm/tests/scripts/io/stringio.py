from io import StringIO
s = StringIO()
print(s.write("hello"), s.write(" world\n"), s.tell())
print(s.getvalue())
s.seek(0)
print(s.read(5), repr(s.read()), repr(s.read()))
t = StringIO("one\ntwo\nthree")
print(repr(t.readline()), [line for line in t])
print(1, "a", [2], file=s)
print(s.getvalue())
with StringIO("x") as u:
    print(u.read())
v = StringIO("abcdef")
v.seek(2)
v.write("XY")
print(v.getvalue(), v.read())
for i in range(100):
    v.write("0123456789")
print(len(v.getvalue()))
