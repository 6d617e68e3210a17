class V:
    def __init__(self, x):
        self.x = x
    def __add__(self, o):
        return V(self.x + (o.x if isinstance(o, V) else o))
    def __radd__(self, o):
        return V(o + self.x)
    def __sub__(self, o):
        return V(self.x - o.x)
    def __mul__(self, k):
        return V(self.x * k)
    def __iadd__(self, o):
        self.x += 100
        return self
    def __neg__(self):
        return V(-self.x)
    def __eq__(self, o):
        return isinstance(o, V) and self.x == o.x
    def __lt__(self, o):
        return self.x < o.x
    def __hash__(self):
        return self.x
    def __repr__(self):
        return "V(%d)" % self.x
    def __len__(self):
        return self.x
    def __contains__(self, i):
        return i == self.x
    def __getitem__(self, i):
        return i * 2
    def __setitem__(self, i, v):
        self.x = (i, v)
class Seq:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        self.i = 0
        return self
    def __next__(self):
        if self.i == self.n:
            raise StopIteration
        self.i += 1
        return self.i
def main():
    a = V(2); b = V(3)
    r = [a + b, a + 1, 1 + a, a - b, a * 4, -a, a == V(2), a != b, a != V(2), a < b, a > b, sorted([b, a]), len(a), 2 in a, 3 in a, a[7], a == 5]
    a += b; r.append(a)
    r += [sum([V(1), V(2)], V(0)), {V(1): "one"}[V(1)], [V(1), V(2)].index(V(2)), str(a), [a, b], max([V(1), V(5), V(3)])]
    c = V(0); c[1] = 2; r.append(c.x)
    r += [list(Seq(3)), [x for x in Seq(2)], sum(Seq(4)), list(zip(Seq(2), Seq(3))), 2 in Seq(3), [y for y in zip("ab", Seq(9))]]
    x, y = Seq(2); r += [x, y]
    it = iter([1, 2]); r += [next(it), next(it), next(it, "end")]
    try:
        a - 1
    except AttributeError:
        r.append("attr")
    try:
        a // b
    except TypeError:
        r.append("type")
    return r
