# What the set `minimal` has.
def call(a, b=2, *rest, c=3, **more):
    return a, b, rest, c, sorted(more.items())


print(call(1), call(1, 5, 6, 7, c=8, d=9), call(*[1, 2, 3], **{"c": 4}))


def counter():
    n = 0

    def step(by=1):
        nonlocal n
        n += by
        return n

    return step


step = counter()
print(step(), step(5), step())


def inner(log):
    try:
        got = yield 1
        log.append(got)
        yield 2
    except ValueError as error:
        log.append(str(error))
        yield 3
    finally:
        log.append("end")
    return 4


def outer(log):
    log.append((yield from inner(log)))


log = []
g = outer(log)
print(next(g), g.send("sent"), list(g), log)
log = []
g = outer(log)
print(next(g), g.throw(ValueError("thrown")))
g.close()
print(log)


class Shape:
    sides = 0

    def __init__(self, size):
        self.size = size

    def __repr__(self):
        return "<" + type(self).__name__ + " " + str(self.size) + ">"

    def __eq__(self, other):
        return self.size == other.size

    def __lt__(self, other):
        return self.size < other.size

    def __add__(self, other):
        return type(self)(self.size + other.size)

    def __sub__(self, other):
        return type(self)(self.size - other.size)

    def __contains__(self, what):
        return what <= self.size

    def __len__(self):
        return self.sides

    def __getitem__(self, at):
        return self.size * at

    def __call__(self, factor):
        return self.size * factor

    @staticmethod
    def unit():
        return Shape(1)

    @classmethod
    def of(cls, size):
        return cls(size)


class Square(Shape):
    sides = 4

    def __init__(self, size):
        super().__init__(size)
        self.area = size * size


a, b = Square(2), Square.of(3)
print(a, a + b, b - a, a == b, a != b, a < b, a > b, 1 in a, 5 in a, len(a), a[7], a(5), b.area, Shape.unit())
a += b
print(a, sorted([b, a, Square(1)]), isinstance(a, Shape), issubclass(Square, Shape), hasattr(a, "area"), getattr(a, "none", None))


class Gate:
    def __enter__(self):
        print("in")
        return self

    def __exit__(self, kind, value, trace):
        print("out", kind is KeyError)
        return kind is KeyError


with Gate():
    raise KeyError("swallowed")


def leave():
    for i in range(5):
        try:
            if i == 1:
                continue
            if i == 3:
                return i
        finally:
            print("finally", i)


print(leave())
for what in (lambda: 1 // 0, lambda: [][0], lambda: {}["k"], lambda: int("x"), lambda: "a" + 1, lambda: log()):
    try:
        what()
    except (ZeroDivisionError, LookupError) as error:
        print("first", type(error).__name__)
    except Exception as error:
        print("second", type(error).__name__)
    else:
        print("none")

table = {"b": 1, "a": 2, 3: "c"}
table.update({"d": 4})
print(table, table.get("x", 0), table.pop("b"), table.setdefault("e", 5), list(table.keys()), list(table.values()), "a" in table)
many = {}
for i in range(40):
    many[i * 7] = i
del many[14]
print(len(many), many[35], sum(many.values()), 14 in many)
items = [5, 3, 8, 1, 3]
items.append(4)
items.insert(1, 9)
items.extend((7, 6))
items.remove(3)
print(items, items.pop(), items.pop(0), items.index(8), items.count(3))
items.sort()
print(items)
items.sort(key=lambda n: n % 3, reverse=True)
print(items, sorted("hello"), [n * n for n in items if n > 3], {n: -n for n in range(3)})
items.reverse()
print(items, (1, 2) + (3,), [0] * 3, (1, 2) < (1, 3), [1, [2]] == [1, [2]])
print("a,b,,c".split(","), "  x y ".split(), "-".join(["p", "q"]), "banana".find("na"), "banana".rfind("na"), " pad ".strip())
print("Abc".upper(), "Abc".lower(), "banana".replace("an", "<>"), "abc".startswith("ab"), "abc".endswith(("x", "bc")), "12".isdigit())
print(repr("it's\n"), "abc"[1], "abc"[-1], "b" in "abc", "ab" * 2, "a" < "b", ord("A"), chr(66), str(12), int("-12"), int("ff", 16))
first, *middle, last = range(5)
print(first, middle, last, list(zip("ab", [1, 2])), list(map(lambda n: n + 1, [1, 2])), any([0, 1]), all([0, 1]), abs(-3))
print(7 // 2, -7 // 2, -7 % 3, 2**10, 5 & 3, 5 | 3, 5 ^ 3, 1 << 4, 256 >> 3, ~5, not 0, 1 < 2 < 3, True + 1)
print(range(3), list(range(10, 0, -3)), None, True, ..., (1,), (), [], {}, callable(print), bool(""), sep="|", end="!\n")
