# sorting is stable, with keys and reversed
people = [("ann", 3), ("bob", 1), ("cid", 3), ("dan", 2), ("eve", 1)]
print(sorted(people, key=lambda p: p[1]))
print(sorted(people, key=lambda p: p[0], reverse=True))
print(sorted([[2], [1, 5], []]), sorted("bca"), sorted({3: 0, 1: 0}), sorted([True, 0, 2]), sorted([]))
try:
    sorted([1, "a"])
except TypeError:
    print("TypeError")
