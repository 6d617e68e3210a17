# enumerate, zip, map, filter and reversed with several arguments
print(list(enumerate("ab")), list(enumerate("ab", 5)), list(zip()), list(zip([1, 2, 3], "ab")), list(zip([1], [2], [3])), list(map(lambda a, b: a + b, [1, 2], [10, 20, 30])), list(filter(lambda x: x > 1, [0, 1, 2, 3])), list(reversed([1, 2])), list(reversed(range(3))), list(reversed((1, "a"))))
it = zip("ab", range(9))
print(next(it), next(it), next(it, None))
