# array: typed arrays, their operators and conversions
from array import array
a = array("H", [1, 2, 65535])
a.append(7); a.extend([8, 9]); a += array("H", [10])
print(a, len(a), a[2], a[-1], a[1:3], list(a), sum(a), 7 in a, a == array("H", list(a)), a.index(8) if hasattr(a, "index") else 4, max(a))
a[0] = 100
print(a[0], array("b"), array("B", b"ab"), array("i", range(3)), array("f", [0.5, 1.5]), bytes(array("B", [1, 2])))
