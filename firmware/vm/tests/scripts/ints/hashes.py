# equal numbers are one key
d = {1: "one", 0: "zero"}
d[True] = "true"
d[1.0] = "float"
d[1 << 70] = "long"
print(d[1], d[False], d[(1 << 70) + 0], len(d), hash(1) == hash(True), hash(1 << 70) == hash(2 << 69))
