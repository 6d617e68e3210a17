# methods found in bases, overridden, called through super
class Base:
    kind = "base"
    def __init__(self, n): self.n = n
    def name(self): return "base%d" % self.n
    def hello(self): return "hello " + self.name()
class Middle(Base):
    def name(self): return "middle-" + super().name()
class Leaf(Middle):
    kind = "leaf"
    def __init__(self):
        super().__init__(7)
        self.extra = True
    def name(self): return "leaf-" + super().name()
for o in (Base(1), Middle(2), Leaf()):
    print(o.hello(), o.kind, isinstance(o, Middle), issubclass(type(o), Base), type(o).__name__)
