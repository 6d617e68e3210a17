# memoryview: slices share their bytes, writes are seen
data = bytearray(b"hello world")
v = memoryview(data)
w = v[6:]
w[0] = 87
v[0:5] = b"HELLO"
print(data, len(w), w[0], bytes(w), v[-1], bytes(v[2:4]), w[1:][0], list(v[:3]))
try:
    memoryview(b"ro")[0] = 1
except TypeError:
    print("TypeError")
