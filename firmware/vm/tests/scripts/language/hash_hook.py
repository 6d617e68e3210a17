class P:
    def __init__(self, x):
        self.x = x
    def __hash__(self):
        return hash(self.x)
    def __eq__(self, o):
        return self.x == o.x
d = {P(1): "a", P(2): "b"}
print(d[P(1)], d[P(2)], P(3) in d, len(d))
class Q:
    def __eq__(self, o):
        return True
try:
    hash(Q())
except TypeError:
    print("unhashable")
