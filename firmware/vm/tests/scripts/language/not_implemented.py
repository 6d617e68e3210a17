class Metre:
    def __init__(self, n):
        self.n = n
    def __add__(self, other):
        if not isinstance(other, Metre):
            return NotImplemented
        return Metre(self.n + other.n)
    def __radd__(self, other):
        if isinstance(other, int):
            return "int first %d" % (other + self.n)
        return NotImplemented
    def __repr__(self):
        return "Metre(%d)" % self.n

class Foot:
    def __init__(self, n):
        self.n = n
    def __radd__(self, other):
        return "foot %d after %r" % (self.n, other)

print(Metre(1) + Metre(2))
print(Metre(1) + Foot(2))
print(5 + Metre(1))
try:
    Metre(1) + "x"
except TypeError:
    print("TypeError")
try:
    "x" + Metre(1)
except TypeError:
    print("TypeError too")
print(NotImplemented)
