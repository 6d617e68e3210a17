# instances get, lose and get again attributes of their own, few and many, in any order
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def total(self):
        return self.x + self.y


points = [Point(i, i * i) for i in range(10)]
print([p.total() for p in points])
p = points[9]
for name in ("z", "w", "v", "u", "t"):
    setattr(p, name, name * 2)
print(sorted(p.__dict__.items()))
print([hasattr(points[8], name) for name in ("x", "z", "t")])
after = Point(1, 2)
after.t = 3
print(sorted(after.__dict__), after.total(), after.t)
for obj in (points[3], p, after):
    del obj.x
    print(hasattr(obj, "x"), "x" in obj.__dict__, "y" in dir(obj), "x" in dir(obj))
    try:
        obj.x
    except AttributeError:
        print("no x")
    try:
        del obj.x
    except AttributeError:
        print("no x to delete")
    obj.new = 1
    obj.x = 40
    print(obj.total(), sorted(obj.__dict__))


class Shadow:
    kind = "class"

    def name(self):
        return "method"


s = Shadow()
print(s.kind, s.name())
s.kind = "own"
s.name = lambda: "own"
print(s.kind, s.name(), Shadow().kind, Shadow().name())
t = Shadow()
t.name = lambda: "other"
print(t.kind, t.name())
del t.name
print(t.name(), sorted(t.__dict__))


class Sub(Point):
    def __init__(self):
        super().__init__(5, 6)
        self.extra = [self.x]


subs = [Sub() for i in range(3)]
subs[0].extra.append(7)
print([(b.total(), b.extra) for b in subs], sorted(subs[2].__dict__))


class Bag:
    pass


bags = [Bag() for i in range(6)]
for n, bag in enumerate(bags):
    for i in range(n * 3):
        setattr(bag, "a%d" % i, i)
print([len(bag.__dict__) for bag in bags], [sum(bag.__dict__.values()) for bag in bags])
full = Bag()
print(full.__dict__, [getattr(bags[5], "a%d" % i) for i in range(15)])


class Failed(Exception):
    pass


failed = Failed("why")
failed.code = 7
print(failed.code, failed.args, sorted(failed.__dict__))
del failed.code
print(hasattr(failed, "code"))
