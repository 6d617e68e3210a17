# instances that are called, with all kinds of arguments
class Adder:
    def __init__(self, n): self.n = n
    def __call__(self, x=0, *more, **named): return self.n + x + sum(more) + sum(named.values())
a = Adder(10)
print(a(), a(1), a(1, 2, 3), a(1, k=5), a(*[1, 2], **{"z": 3}), list(map(a, [1, 2])), callable(a), callable(object()))
