from array import array

a = array("i", range(10))
print(a[2:5], a[:3], a[-2:], a[::3], a[::-1], a[5:2], a[8:2:-2])
a[2:4] = array("i", [20, 30, 40])
print(a)
a[0:0] = a
print(a)
del a[0:11]
print(a)
del a[0], a[-1]
print(a)
a[1:3] = array("i")
print(a)
print(a + array("i", [-1]), array("b", [1, 2]) * 3, array("b", [1]) * 0, 2 * array("H", [7]))
a += array("i", [5])
a += a
print(a)
print(a == array("i", [1, 2]), array("i", [1, 2]) == array("b", [1, 2]), array("i", [1]) != array("i", [1, 2]))
print(array("f", [1]) == array("b", [1]), array("B", b"a") == b"a", array("b") == array("d"), array("b") == [])
