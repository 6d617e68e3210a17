from array import array

data = bytearray(b"0123456789")
view = memoryview(data)
print(len(view), view[0], view[-1], view[2:5].tobytes(), bytes(view[7:]), view.tolist()[:3], bool(view), bool(view[:0]))
part = view[2:6]
part[0] = 65
part[-1] = 66
part[1:3] = b"xy"
print(data, part[1:].tobytes(), list(part[1:3]))
inner = part[1:3]
inner[0] = 33
data[3] = 34
print(inner[0], data, [chr(item) for item in inner])
print(view == data, view[:2] == b"01", b"01" == view[:2], view == memoryview(data), view[:1] == 5, part == part[:2])
print(34 in part, 99 in part, sum(view[:2]), memoryview(view)[1])
fixed = memoryview(b"abc")
print(fixed[1], fixed[1:].tobytes(), bytearray(fixed), b"-".join([fixed[:1], b"z"]), b"x" + fixed, bytearray(b"y") + fixed)
view[0:4] = view[2:6]
print(data)
view[2:6] = view[0:4]
print(data)
data[:4] = memoryview(b"wxyz")
print(data, b"yz" in data, data.find(memoryview(b"z")))
numbers = array("H", [1, 2, 3, 500])
items = memoryview(numbers)
print(len(items), items[3], items[1:3].tolist(), list(items), items.tobytes())
items[1] = 65535
items[2:4] = array("H", [7, 8])
print(numbers, items == numbers, items[:2] == array("H", [1, 65535]), bytes(items[:1]))
for item in items[2:]:
    print(item)
