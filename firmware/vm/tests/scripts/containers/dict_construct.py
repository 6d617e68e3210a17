# dict() of pairs, dictionaries, keywords and comprehensions
print(dict(), dict([("a", 1), ("b", 2)]), dict(a=1, b=2), dict({"x": 1}, y=2), dict(zip("ab", range(2))), {k: k * 2 for k in range(4)}, {"a": 1, "a": 2})
print({"a": 1} == {"a": 1.0}, {"a": 1} != {"a": 2}, {1: 2, 3: 4} == {3: 4, 1: 2}, {"a": 1} | {"b": 2})
d = e = {"a": 1}
d |= {"a": 2, "c": 3}
print(d, e is d)
