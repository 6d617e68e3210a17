# a class as iterator, an iterable with an iterator of its own
class Down:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n == 0: raise StopIteration
        self.n -= 1
        return self.n
class Twice:
    def __iter__(self): return Down(3)
t = Twice()
print(list(Down(4)), list(t), list(t), sum(t), 2 in t, sorted(t), list(map(str, t)), max(t), dict(zip(t, "abc")))
a, b, c = t
print(a, b, c)
it = iter(Down(1))
print(next(it), next(it, "end"))
