# dictionaries keep the order of insertion through deletions
d = {}
for i in range(20):
    d["k%d" % (i * 7 % 20)] = i
for i in range(0, 20, 3):
    del d["k%d" % i]
d["k3"] = "again"
d["k1"] = "changed"
print(list(d.items()))
