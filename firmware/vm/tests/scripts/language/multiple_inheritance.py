class A:
    def who(self): return "A"
    def a(self): return "a"
class B:
    def who(self): return "B"
    def b(self): return "b"
class C(A, B):
    def c(self): return self.a() + self.b() + self.who()
print(C().c(), C.__bases__ == (A, B), isinstance(C(), B), issubclass(C, A))
class D(B, A):
    pass
print(D().who())
class Mixin:
    def describe(self):
        return "%s with %d" % (self.__class__.__name__, len(self))
class L(Mixin, list):
    pass
print(L([1, 2, 3]).describe())
