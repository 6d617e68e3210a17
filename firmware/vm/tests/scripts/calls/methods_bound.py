# bound methods are values; classes and built-in methods too
class A:
    def __init__(self, n): self.n = n
    def get(self, k=0): return self.n + k
a = A(5)
f, g = a.get, A.get
push = (items := []).append
push(1); push(2)
print(f(), f(k=2), g(a, 3), items, list(map(a.get, [1, 2])), "-".join("ab"), list(map("a{}".format, [1, 2])), f == a.get, callable(f), callable(A), callable(5))
