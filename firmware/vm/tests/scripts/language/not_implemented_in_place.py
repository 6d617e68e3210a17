class Bag:
    def __init__(self, items):
        self.items = items
    def __iadd__(self, other):
        if isinstance(other, int):
            self.items.append(other)
            return self
        return NotImplemented
    def __add__(self, other):
        if isinstance(other, list):
            return Bag(self.items + other)
        return NotImplemented
    def __repr__(self):
        return "Bag(%r)" % self.items

b = c = Bag([1])
b += 2
print(b, b is c)
b += [3]
print(b, c, b is c)
try:
    b += "x"
except TypeError:
    print("TypeError", b)
