class Key:
    def __init__(self, n):
        self.n = n
    def __lt__(self, other):
        if not isinstance(other, Key):
            return NotImplemented
        return self.n < other.n
    def __eq__(self, other):
        if isinstance(other, Key):
            return self.n == other.n
        return NotImplemented
    def __hash__(self):
        return self.n

keys = [Key(3), Key(1), Key(2)]
keys.sort()
print([k.n for k in keys])
print(Key(1) in keys, Key(9) in keys, 5 in keys)
d = {Key(1): "one"}
print(d[Key(1)], d.get(Key(2)), d.get(1))
try:
    sorted([Key(1), 5])
except TypeError:
    print("no order")
