# frozen sets are keys and cannot change
f = frozenset([1, 2, 2])
print(len(f), sorted(f | {3}), f == {1, 2}, {f: "x"}[frozenset((2, 1))], f & frozenset([2]) == {2}, 1 in f, hash(f) == hash(frozenset([2, 1])))
try:
    f.add(3)
except AttributeError:
    print("AttributeError")
