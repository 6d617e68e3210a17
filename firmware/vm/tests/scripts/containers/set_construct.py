# sets of lists, text, comprehensions; the empty one
print(sorted(set("hello")), set(), sorted({x % 3 for x in range(10)}), sorted(set([1, 1, 2])), len({1, True, 1.0}), bool(set()), frozenset())
try:
    {[]}
except TypeError:
    print("TypeError")
