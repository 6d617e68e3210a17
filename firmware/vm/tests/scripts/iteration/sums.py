# sum, min, max, any, all over every kind of iterable
print(sum([1, 2]), sum((1, 2), 10), sum({1: "a", 2: "b"}), sum(range(101)), sum(x for x in (1, 2)), min(3, 1, 2), max([3, 1]), min("hello"), max({"a": 1, "b": 0}), min([[2], [1, 9]]), max("a", "bb", key=len), min([1, -5], key=abs), max([], default="none"), any([]), all([]), any([0, 1]), all([1, 0]), any("a"), all({}))
