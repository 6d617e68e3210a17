# yield, next, for, return value, exhaustion
def g():
    yield 1
    yield 2
    return "done"
it = g()
print(next(it), next(it))
try:
    next(it)
except StopIteration as e:
    print(e.value)
print(next(it, "exhausted"), list(g()), iter(it) is it, list(map(str, g())))
def empty():
    return
    yield
print(list(empty()), sum(g()), max(g()), 2 in g())
