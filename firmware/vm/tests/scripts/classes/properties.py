# properties with getter, setter and deleter
class T:
    def __init__(self): self._c = 20
    @property
    def c(self): return self._c
    @c.setter
    def c(self, value):
        if value < -273: raise ValueError("too cold")
        self._c = value
    @property
    def f(self): return self.c * 9 // 5 + 32
    k = property(lambda self: self._c + 273, lambda self, v: setattr(self, "_c", v - 273))
t = T()
t.c = 100
print(t.c, t.f, t.k)
t.k = 273
print(t.c)
for bad in (lambda: setattr(t, "c", -300), lambda: setattr(t, "f", 1)):
    try:
        bad()
    except (ValueError, AttributeError) as e:
        print(type(e).__name__)
