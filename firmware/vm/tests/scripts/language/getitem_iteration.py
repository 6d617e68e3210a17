class Squares:
    def __init__(self, n):
        self.n = n
    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError(i)
        return i * i
for x in Squares(4):
    print(x)
print(list(Squares(3)), sum(Squares(5)), 9 in Squares(5), 8 in Squares(5))
a, b = Squares(2)
print(a, b, max(Squares(4)), list(Squares(3)))
it = iter(Squares(2))
print(next(it), next(it), next(it, "end"))
print(list(zip(Squares(3), "abc")), list(enumerate(Squares(2))))

class Broken:
    def __getitem__(self, i):
        raise ValueError("broken")
try:
    for x in Broken():
        pass
except ValueError as e:
    print("ValueError", e)
