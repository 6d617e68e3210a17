# two names for one list, copies and nested copies
a = [1, [2, 3]]
b, c = a, a[:]
b.append(4); c[1].append(5); c.append(6)
print(a, b, c, a is b, a is c, a[1] is c[1])
rows = [[0] * 2] * 2
rows[0][0] = 1
print(rows)
rows = [[0] * 2 for _ in range(2)]
rows[0][0] = 1
print(rows)
