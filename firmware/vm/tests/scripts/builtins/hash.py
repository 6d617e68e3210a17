# equal values have equal hashes
pairs = ((1, 1.0), (1, True), ("ab", "a" + "b"), ((1, 2), (1, 2)), (b"x", b"x"), (1 << 40, 2 << 39), (frozenset([1, 2]), frozenset([2, 1])), (None, None), (-1, -1))
print([hash(a) == hash(b) for a, b in pairs])
for bad in ([], {}, set(), ([],)):
    try:
        hash(bad)
    except TypeError:
        print("TypeError")
