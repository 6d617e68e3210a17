class Proxy:
    def __init__(self, target):
        self._target = target
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._target, name)
class T:
    x = 5
    def f(self, n):
        return n + 1
p = Proxy(T())
print(p.x, p.f(2), hasattr(p, "y"), getattr(p, "y", "none"))
try:
    p.nothing
except AttributeError:
    print("AttributeError")
