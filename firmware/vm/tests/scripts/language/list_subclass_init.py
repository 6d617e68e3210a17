class Named(list):
    def __init__(self, name, items):
        super().__init__(items)
        self.name = name
    def __repr__(self):
        return self.name + super().__repr__() if False else "%s:%d" % (self.name, len(self))
n = Named("n", (4, 5))
print(n, n.name, n[1], n.pop())
class Doubling(list):
    def append(self, x):
        super().append(x)
        super().append(x)
    def __getitem__(self, i):
        return list.__getitem__(self, i) if False else "item"
d = Doubling()
d.append(1)
print(len(d), d[0])
