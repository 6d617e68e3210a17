print(sorted([3, 1, 2]), sorted("hello"), sorted([3, 1, 2], reverse=True))
words = ["pear", "fig", "apple"]
words.sort(key=len)
print(words, sorted(words, key=lambda w: w[-1]))
print(sorted([(1, "b"), (1, "a"), (0, "z")]), min(words, key=len), max([3, 9, 2]))
pairs = sorted({"b": 1, "a": 2}.items())
print(pairs, list(reversed([1, 2, 3])))
