# slices of lists read, assigned and deleted
a = list(range(10))
print(a[2:5], a[::3], a[::-1], a[-3:], a[5:2], a[8:2:-2])
a[2:4] = ["x", "y", "z"]; print(a)
a[:2] = []; print(a)
a[3:3] = [7, 8]; print(a)
del a[0:2]; print(a)
del a[-1]; print(a)
a[len(a):] = (1, 2); print(a)
