# loop targets that are items, attributes and patterns
class O: pass
o, a = O(), [0, 0]
for o.x in range(3): pass
for a[1] in "xy": pass
for (i, j), *k in [((1, 2), 3, 4)]: print(i, j, k)
for i, (j, (k, l)) in enumerate([(1, (2, 3))]): print(i, j, k, l)
print(o.x, a)
