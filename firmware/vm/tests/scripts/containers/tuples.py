# tuples: packing, slices, operators, methods, as keys
t = 1, "a", (2, 3)
print(t, len(t), t[1], t[-1][0], t[::2], t + (4,), t * 2, (), (1,), "a" in t, t.index("a"), t.count(1), hash((1, 2)) == hash((1, 2)))
d = {(1, 2): "x", (): "empty"}
print(d[1, 2], d[()], (1, 2) < (1, 3), (1,) < (1, 0), sorted([(2, "a"), (1, "b"), (1, "a")]))
for f in (lambda: hash(([],)), lambda: t[9], lambda: t.index(99)):
    try:
        f()
    except (TypeError, IndexError, ValueError) as e:
        print(type(e).__name__)
try:
    t[0] = 5
except TypeError:
    print("TypeError")
