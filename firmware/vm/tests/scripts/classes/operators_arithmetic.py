# operator methods of a vector
class V:
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return "V(%r, %r)" % (self.x, self.y)
    def __add__(self, o): return V(self.x + o.x, self.y + o.y)
    def __sub__(self, o): return V(self.x - o.x, self.y - o.y)
    def __mul__(self, k): return V(self.x * k, self.y * k)
    def __rmul__(self, k): return self * k
    def __neg__(self): return V(-self.x, -self.y)
    def __pos__(self): return self
    def __abs__(self): return max(abs(self.x), abs(self.y))
    def __eq__(self, o): return isinstance(o, V) and (self.x, self.y) == (o.x, o.y)
    def __matmul__(self, o): return self.x * o.x + self.y * o.y
    def __iadd__(self, o):
        self.x += o.x
        self.y += o.y
        return self
a, b = V(1, 2), V(3, -4)
print(a + b, a - b, a * 3, 3 * a, -a, +a, abs(b), a == V(1, 2), a != b, a @ b, sum([a, b], V(0, 0)), abs(-a))
c = a
c += b
print(a, c is a)
