# generator expressions: lazy, nested, with conditions
log = []
def see(x):
    log.append(x)
    return x
it = (see(x) * 2 for x in range(5) if x % 2 == 0)
print(log, next(it), log, list(it), log)
print(sum(x * x for x in range(5)), list((x, y) for x in "ab" for y in range(2)), any(x > 3 for x in range(10)), all(x for x in [1, 0]), max((len(w), w) for w in ["a", "bb"]), list(y for x in ([1, 2], [3]) for y in x), ",".join(str(x) for x in range(3)))
n = 3
late = (n for _ in range(2))
n = 4
print(list(late))
