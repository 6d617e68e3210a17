# objects as keys by identity and by value
class I: pass
class P:
    def __init__(self, x): self.x = x
    def __eq__(self, o): return type(o) is P and o.x == self.x
    def __hash__(self): return self.x % 3
i, j = I(), I()
d = {i: "i", j: "j", P(1): "one", P(4): "four"}
print(len(d), d[i], d[j], d[P(1)], d[P(4)], P(7) in d, i == i, i == j, i in [j, i], len({P(1), P(1), P(2)}))
class E:
    def __eq__(self, o): return True
try:
    {E(): 1}
except TypeError:
    print("TypeError")
