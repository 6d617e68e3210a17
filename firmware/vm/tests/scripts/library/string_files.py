# io: StringIO written, read by lines, sought and truncated at its end
from io import StringIO
f = StringIO()
print(f.write("one\ntwo\n"), f.write("three"), f.getvalue())
f.seek(0)
print(repr(f.readline()), repr(f.read(2)), repr(f.read()), repr(f.read()))
f = StringIO("a\nb\n\nc")
print([line for line in f])
print("to a file", 5, file=(out := StringIO()), sep=":")
print(repr(out.getvalue()))
with StringIO("ctx") as g: print(g.read())
