# differs from CPython, which does not let go of an array's bytes while they are looked at
data = bytearray(b"0123456789")
view = memoryview(data)[4:8]
del data[6:]
print(len(view), view.tobytes(), list(view))
try:
    view[3] = 1
except IndexError:
    print("IndexError")
del data[:]
print(len(view), view.tobytes(), view == b"")
for i in range(100):
    data.append(i)
print(len(view), view.tobytes())
