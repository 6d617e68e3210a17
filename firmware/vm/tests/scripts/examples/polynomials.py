# a program: polynomials with operators
class Poly:
    def __init__(self, *c):
        while len(c) > 1 and c[-1] == 0: c = c[:-1]
        self.c = c
    def __add__(self, o):
        n = max(len(self.c), len(o.c))
        a, b = self.c + (0,) * (n - len(self.c)), o.c + (0,) * (n - len(o.c))
        return Poly(*[x + y for x, y in zip(a, b)])
    def __mul__(self, o):
        out = [0] * (len(self.c) + len(o.c) - 1)
        for i, x in enumerate(self.c):
            for j, y in enumerate(o.c): out[i + j] += x * y
        return Poly(*out)
    def __call__(self, x):
        y = 0
        for c in reversed(self.c): y = y * x + c
        return y
    def __eq__(self, o): return self.c == o.c
    def __str__(self): return " + ".join("%d" % c if i == 0 else "%dx^%d" % (c, i) for i, c in enumerate(self.c) if c) or "0"
p, q = Poly(1, 2), Poly(0, 0, 3)
print(p, "|", q, "|", p + q, "|", p * q, "|", p(3), (p * q)(10), p * p == Poly(1, 4, 4), Poly(0))
