class It:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        return iter(range(self.n))
print(list(It(3)), tuple(It(2)), sum(It(4)), 2 in It(3), dict(zip(It(2), "ab")))
class Endless:
    def __iter__(self):
        return self
    def __next__(self):
        raise StopIteration
print(list(Endless()))
for bad in (5, None, object()):
    try:
        iter(bad)
    except TypeError:
        print("TypeError")
try:
    next([])
except TypeError:
    print("not an iterator")
