# What the set `minimal` leaves out says so: an exception for each, which can be caught.
def attempt(what):
    try:
        print("went through:", what())
    except Exception as error:
        print(type(error).__name__, error)


class Point:
    pass


def store_slice():
    items = [1, 2, 3]
    items[0:2] = []


def imported():
    import sys


def in_place():
    point = Point()
    point *= 2


word, number, items = "word", 3, [1, 2, 3]
attempt(lambda: items[0:2])
attempt(lambda: word[::-1])
attempt(store_slice)
attempt(lambda: "%d" % number)
attempt(lambda: number / 2)
attempt(lambda: {number, 4})
attempt(lambda: Point() * 2)
attempt(lambda: -Point())
attempt(in_place)
attempt(lambda: number << 30)
attempt(lambda: number**40)
attempt(imported)
attempt(lambda: f"{number}")
attempt(lambda: word.count("o"))
attempt(lambda: word.center(9))
attempt(lambda: word.encode())
attempt(lambda: min(items))
attempt(lambda: max(1, 2))
attempt(lambda: enumerate(items))
attempt(lambda: reversed(items))
attempt(lambda: filter(None, items))
attempt(lambda: divmod(7, 2))
attempt(lambda: property(attempt))
attempt(lambda: hash(word))
attempt(lambda: set(items))
attempt(lambda: frozenset(items))
attempt(lambda: bytes(3))
attempt(lambda: bytearray(3))
attempt(lambda: float(3))
attempt(lambda: round(3))
attempt(lambda: slice(3))
attempt(lambda: memoryview(word))
attempt(lambda: {items: 1})
attempt(lambda: items.index(2))
attempt(lambda: items.count(2))
attempt(lambda: items.reverse())
attempt(lambda: items.copy())
attempt(lambda: word.rfind("o"))
attempt(lambda: word.isdigit())
attempt(lambda: word.lstrip())
attempt(lambda: {}.setdefault(1, 2))
attempt(lambda: zip(items))
attempt(lambda: map(str, items))
attempt(lambda: callable(attempt))
attempt(lambda: issubclass(Point, Point))
attempt(lambda: pow(2, 3))
attempt(lambda: items.insert(0, 1))
attempt(lambda: items.remove(1))
attempt(lambda: word.upper())
attempt(lambda: word.lower())
attempt(lambda: word.replace("o", "0"))
attempt(lambda: getattr(items, "append"))
attempt(lambda: setattr(Point, "x", 1))
attempt(lambda: hasattr(word, "x"))
attempt(lambda: sum(items))
attempt(lambda: any(items))
attempt(lambda: all(items))
attempt(lambda: word.strip("w"))
attempt(lambda: word.find("o", 2))
attempt(lambda: word.startswith(("a", "w")))
attempt(lambda: int("ff", 16))
