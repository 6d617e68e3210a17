# order methods, and what sorting uses
class Card:
    def __init__(self, n): self.n = n
    def __lt__(self, o): return self.n < o.n
    def __le__(self, o): return self.n <= o.n
    def __eq__(self, o): return self.n == o.n
    def __hash__(self): return hash(self.n)
    def __repr__(self): return "C%d" % self.n
a, b = Card(1), Card(2)
print(a < b, b > a, a <= b, b >= a, a == Card(1), a != b, sorted([Card(3), Card(1), Card(2)]), max(a, b), min(b, a), Card(2) in [a, b], {a: 1}[Card(1)])
