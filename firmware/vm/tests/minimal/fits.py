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
print(a, sorted([b, a, Square(1)]), isinstance(a, Shape))


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
print(table, table.get("x", 0), table.pop("b"), list(table.keys()), list(table.values()), "a" in table)
many = {}
for i in range(40):
    many[i * 7] = i
del many[14]
print(len(many), many[35], len(list(many.values())), 14 in many)
items = [5, 3, 8, 1, 3]
items.append(4)
items.extend((7, 6))
del items[1]
print(items, items.pop(), items.pop(0), 8 in items)
items.sort()
print(items)
items.sort(key=lambda n: n % 3, reverse=True)
print(items, sorted("hello"), [n * n for n in items if n > 3], {n: -n for n in range(3)})
print(items, (1, 2) + (3,), [0] * 3, (1, 2) < (1, 3), [1, [2]] == [1, [2]])
print("a,b,,c".split(","), "  x y ".split(), "-".join(["p", "q"]), "banana".find("na"), " pad ".strip())
print("abc".startswith("ab"), "abc".endswith("bc"), "abc".endswith("bd"))
print(repr("it's\n"), "abc"[1], "abc"[-1], "b" in "abc", "ab" * 2, "a" < "b", ord("A"), chr(66), str(12), int("-12"), int(" 7 "), int("+0"))
first, (middle, last) = 1, range(2)
print(first, middle, last, abs(-3))
print(7 // 2, -7 // 2, -7 % 3, 2**10, 5 & 3, 5 | 3, 5 ^ 3, 1 << 4, 256 >> 3, ~5, not 0, 1 < 2 < 3, True + 1)
print(range(3), list(range(10, 0, -3)), None, True, ..., (1,), (), [], {}, bool(""), sep="|", end="!\n")


# Names and containers that grow, and frames beyond the frame stack's first room.
class Many:
    pass


many = Many()
many.one, many.two, many.three, many.four, many.five, many.six = range(6)
many.two = "2"
del many.three
print(many.one, many.two, many.six)
try:
    many.three
except AttributeError:
    print("no more")


def deep(n):
    return n + deep(n - 1) if n else 0


print(deep(60), "".join([chr(65 + n) for n in range(26)]), ["x"] * 2 + [[]] * 1, () + (1,), "" * 5, "ab" + "" + "c")
pairs = {}
for key in (1, "1", (1, "1"), None, True, 2):
    pairs[key] = [key]
del pairs["1"]
pairs.update({2: "two", "new": 3})
print(pairs, len(pairs), (1, "1") in pairs, [key for key in pairs])
a = [1, 2]
a.extend(a)
a += (3,)
a.extend(n for n in range(2))
print(a, a < [1, 2, 2], a >= [1], (1, "b") > (1, "a"), 2 != 2, "a" <= "b")
for word in ("a-b-c".split("-", 1), " a b  c ".split(None, 1)):
    print(word)
print([n for n in range(-5, 6, 2)], 3 in range(4), 9 in range(4), 2**29 - 1 + 2**29, -(2**30), 1 << 29, -7 >> 1, 0**0, (-2) ** 3)
