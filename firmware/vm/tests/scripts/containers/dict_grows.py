# a dictionary grows to hundreds of keys and shrinks to none
d = {}
for i in range(500):
    d[i * 37] = i
print(len(d), sum(d.values()), d[37 * 499], 36 in d)
for i in range(500):
    del d[i * 37]
print(len(d), d, list(d))
