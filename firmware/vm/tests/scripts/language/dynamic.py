class A:
    def m(self):
        return "m"
a = A()
for name in ("m", "nope"):
    f = getattr(a, name, None)
    print(name, f() if f else "missing")
a.m = lambda: "own"
print(a.m())
del a.m
print(a.m())
A.added = lambda self, x: x * 2
print(a.added(4))
setattr(A, "klass", 7)
print(a.klass, A.klass, hasattr(A, "klass"))
print(A.m(a), A.__dict__["klass"], sorted(k for k in a.__dict__))
