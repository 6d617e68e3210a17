class Base:
    shared = [1]
    def __init__(self, v):
        self.v = v
    def get(self):
        return self.v
    def who(self):
        return "base " + self.name()
    def name(self):
        return "B"
class Child(Base):
    def __init__(self, v, w):
        super().__init__(v)
        self.w = w
    def name(self):
        return "C" + super().name()
class Mixin:
    def extra(self):
        return "mix"
class Both(Mixin, Child):
    pass
class Prop:
    def __init__(self):
        self._x = 1
    @property
    def x(self):
        return self._x
    @x.setter
    def x(self, v):
        self._x = v * 2
    @staticmethod
    def s(a):
        return a + 1
    @classmethod
    def c(cls, a):
        return cls.__name__, a
class Callable:
    def __call__(self, *args):
        return args
class Dyn:
    def __getattr__(self, name):
        return "dyn " + name
def main():
    c = Child(1, 2); b = Both(3, 4)
    r = [c.get(), c.who(), c.w, b.who(), b.extra(), isinstance(b, Base), isinstance(c, Mixin), issubclass(Both, Mixin), type(c) is Child, Child.__name__]
    p = Prop(); p.x = 5
    r += [p.x, p.s(1), Prop.s(2), p.c(3), Prop.c(4), Callable()(1, 2), Dyn().foo]
    m = c.get; c.v = 9
    r += [m(), Base.get(c), Base.shared is c.shared, hasattr(c, "v"), hasattr(c, "zz"), getattr(c, "zz", 0)]
    setattr(c, "q", 5); r.append(c.q); del c.q; r.append(hasattr(c, "q"))
    Base.added = lambda self: "added"
    r.append(c.added())
    try:
        c.missing
    except AttributeError as e:
        r.append(str(e))
    try:
        Prop().y()
    except AttributeError as e:
        r.append("no y")
    class Local:
        n = 3
        def f(self):
            return self.n
    r.append(Local().f())
    return r
