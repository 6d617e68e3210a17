class T:
    def __init__(self):
        self._x = 1
    @property
    def x(self):
        return self._x
    @x.setter
    def x(self, value):
        self._x = value * 2
    @x.deleter
    def x(self):
        print("deleted")
        self._x = None
t = T()
t.x = 5
print(t.x)
t.x += 1
print(t.x)
del t.x
print(t.x)
class R:
    p = property(lambda self: 7)
print(R().p)
try:
    R().p = 1
except AttributeError:
    print("AttributeError")
