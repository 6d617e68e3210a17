class Pair(tuple):
    def first(self):
        return self[0]
p = Pair((1, 2))
print(p, p.first(), len(p), p == (1, 2), isinstance(p, tuple), p + (3,))
print({p: "x"}[(1, 2)])
a, b = p
print(a, b, p.count(1), p.index(2))
