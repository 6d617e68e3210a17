# a class that is a container
class Grid:
    def __init__(self, w, h): self.w, self.h, self.cells = w, h, {}
    def __getitem__(self, at):
        x, y = at
        if not (0 <= x < self.w and 0 <= y < self.h): raise IndexError(at)
        return self.cells.get(at, 0)
    def __setitem__(self, at, value): self.cells[at] = value
    def __delitem__(self, at): del self.cells[at]
    def __len__(self): return self.w * self.h
    def __contains__(self, value): return value in self.cells.values()
    def __iter__(self): return (self[x, y] for y in range(self.h) for x in range(self.w))
g = Grid(3, 2)
g[1, 1] = 5
g[0, 0] += 2
print(len(g), list(g), 5 in g, 9 in g, bool(g), g[2, 0])
del g[1, 1]
print(list(g), sum(g))
try:
    g[5, 5]
except IndexError as e:
    print("IndexError", e.args[0])
