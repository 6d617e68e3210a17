from io import BytesIO, StringIO

s = BytesIO()
print(s.write(b"hello"), s.write(bytearray(b" world\n")), s.tell())
print(s.getvalue())
s.seek(0)
print(s.read(5), s.read(), s.read(), s.read(3))
t = BytesIO(b"one\ntwo\n\xff\xe9three")
print(t.readline(), [line for line in t], t.readline())
t.seek(9)
print(t.read(1), t.tell())
buffer = bytearray(4)
t.seek(1)
print(t.readinto(buffer), buffer, t.readinto(memoryview(buffer)[1:3]), buffer, t.tell())
t.seek(-2, 2)
print(t.readinto(buffer), buffer, t.readinto(buffer))
with BytesIO(b"x") as u:
    print(u.read())
v = BytesIO(b"abcdef")
v.seek(2)
v.write(b"XY")
print(v.getvalue(), v.read())
v.seek(9)
v.write(b"z")
print(v.getvalue())
for i in range(100):
    v.write(b"\x00\xff456789")
print(len(v.getvalue()))
print(type(v) is BytesIO, isinstance(v, StringIO), type(StringIO()) is StringIO)
for what in [lambda: BytesIO().write("text"), lambda: BytesIO("text"), lambda: StringIO().write(b"bytes"), lambda: u.read()]:
    try:
        print(what())
    except (TypeError, ValueError) as error:
        print(type(error).__name__)
