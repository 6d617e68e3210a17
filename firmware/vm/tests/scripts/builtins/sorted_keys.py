# sorted and sort with keys, reverse, and what cannot be sorted
words = "banana Apple cherry date".split()
print(sorted(words), sorted(words, key=str.lower) if hasattr(str, "lower") else 0, sorted(words, key=len, reverse=True), sorted([(2, "b"), (1, "z"), (2, "a")]), sorted("hello", reverse=True), sorted({3, 1, 2}), sorted({"b": 1, "a": 2}), sorted(x % 3 for x in range(6)))
for bad in ([1, "a"], [None, 1], [{}, {}], [[1], 1]):
    try:
        print(sorted(bad))
    except TypeError:
        print("TypeError")
