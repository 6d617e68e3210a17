def count(n):
    i = 0
    while i < n:
        yield i
        i += 1
evens = (x for x in count(10) if x % 2 == 0)
squares = (x * x for x in evens)
print(list(squares), list(evens))
print(sum(count(5)), max(count(5)), any(x > 3 for x in count(5)), all(x < 3 for x in count(5)))
def tree(t):
    if isinstance(t, int):
        yield t
    else:
        for part in t:
            yield from tree(part)
print(list(tree([1, [2, [3, 4]], 5])))
g = count(3)
print(next(g), list(g), next(g, "none"))
