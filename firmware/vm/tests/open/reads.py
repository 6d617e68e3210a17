with open("lines.txt") as f:
    print(f.read(3), f.readline().strip(), f.tell())
    print(f.read())
    f.seek(0)
    print([line.strip() for line in f])
try:
    f.read()
except ValueError:
    print("closed")
with open("folder/bytes.bin", "rb") as f:
    print(f.read(2), f.read())
with open("folder/bytes.bin", mode="rb") as f:
    print(len(f.read()))
with open("lines.txt", "r", -1, "utf-8") as f:
    print(f.readline().strip())
with open("lines.txt", "rt", encoding="utf-8") as f:
    print(len(f.read()))
try:
    print(open("folder/bytes.bin").read())
except UnicodeError:
    print("no text")
for name in ["nothing.txt", "folder/nothing.txt", ""]:
    try:
        open(name)
    except OSError as e:
        print("OSError", e.errno)
try:
    open([])
except TypeError:
    print("TypeError")
