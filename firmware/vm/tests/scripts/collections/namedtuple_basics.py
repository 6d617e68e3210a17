from collections import namedtuple
Point = namedtuple("Point", ["x", "y"])
p = Point(1, 2)
print(p, p.x, p.y, p[0], len(p), p == (1, 2), isinstance(p, tuple))
x, y = p
print(x, y, Point(y=5, x=4), p + (3,))
print(p._asdict(), Point._fields, type(p).__name__)
for bad in (lambda: Point(1), lambda: Point(1, 2, 3), lambda: Point(1, z=2)):
    try:
        bad()
    except TypeError:
        print("TypeError")
try:
    p.x = 9
except AttributeError:
    print("AttributeError")
R = namedtuple("R", "a b, c")
print(R(1, 2, 3).c, sorted([R(2, 1, 0), R(1, 9, 9)])[0])
class Sub(Point):
    def norm(self):
        return self.x * self.x + self.y * self.y
print(Sub(3, 4).norm(), Sub(3, 4))
