class A:
    def __init__(self): self.log = ["A"]
    def f(self): return "A.f"
    @classmethod
    def make(cls): return cls.__name__
    @property
    def p(self): return "A.p"
class B(A):
    def __init__(self):
        super().__init__()
        self.log.append("B")
    def f(self): return "B." + super().f()
    @classmethod
    def make(cls): return "B:" + super(B, cls).make() if False else "B:" + cls.__name__
    @property
    def p(self): return "B." + super().p
b = B()
print(b.log, b.f(), B.make(), b.p)
print(super(B, b).f())
