a, b = 1, 2
a, b = b, a
print(a, b)
(a, b), c = [3, 4], 5
print(a, b, c)
for i, (x, y) in enumerate([(1, 2), (3, 4)]):
    print(i, x, y)
for bad in ([1], [1, 2, 3]):
    try:
        a, b = bad
    except ValueError:
        print("ValueError")
x = y = z = []
x.append(1)
print(y, z)
d = {}
d["a"], d["b"] = 1, 2
print(d)
