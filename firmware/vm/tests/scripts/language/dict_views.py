d = {"a": 1, "b": 2}
k, v, i = d.keys(), d.values(), d.items()
print(list(k), list(k), len(k), "a" in k, 1 in v, 3 in v, ("a", 1) in i)
d["c"] = 3
print(list(k), list(v), list(i), len(v), len(i))
print(k, v, i)
for key in k:
    print(key)
print(sorted(v), bool(k), bool({}.keys()))
print(sum(d.values()), max(d.items()), dict(d.items()))
