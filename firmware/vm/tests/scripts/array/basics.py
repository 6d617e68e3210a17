from array import array

a = array("H", [1, 2, 3])
print(a, len(a), list(a), bool(a), bool(array("b")), array("b"))
a.append(65535)
a.extend([7, 8])
print(a, a[0], a[-1], a[3], 7 in a, 9 in a)
a[1] = 20
a[-1] = 80
print(a, a.index(80), sum(a), max(a))
for item in a:
    print(item, end=" ")
print()
first, second, *rest = a
print(first, second, rest)
print(array("i", range(5)), array("q", [1 << 40, -(1 << 63)]), array("Q", [(1 << 64) - 1]), array("b", (-128, 127)))
print(array("f", [1, 2.5]), array("d", [0.25, -3]))
print(array("B", b"abc"), array("h", b"\x01\x00\xff\xff"), array("B", bytearray(b"xy")))
print(a.tobytes(), bytes(a), bytearray(array("B", [1, 2])), a.tolist())
print([(i, x) for i, x in enumerate(array("b", [5, -6]))], list(zip(a, "ab")), sorted(array("b", [3, 1, 2])))
print(isinstance(a, array), str(a), repr(array("I", [4000000000])))
b = array("H")
for i in range(200):
    b.append(i)
print(len(b), sum(b), b[150])
