# floats as keys, in sets and in sums
d = {0.5: "half", 2: "two"}
print(d[0.5], d[2.0], 0.5 in d, 2.0 in d, {1, 1.0, True}, sum([0.5, 1, 2.25]), sum([], 0.5))
