# iter and next by hand, iterators are their own iterators
it = iter([1, 2])
print(next(it), iter(it) is it, next(it), next(it, "end"), next(it, None))
try:
    next(it)
except StopIteration:
    print("StopIteration")
for bad in (5, None, len):
    try:
        iter(bad)
    except TypeError:
        print("TypeError")
it = iter("abcdef")
print([next(it) + next(it) for _ in range(3)], list(it))
