try:
    {}[(1, 2)]
except KeyError as e:
    print(e, e.args)
def g():
    yield 1
    return (2, 3)
it = g()
next(it)
try:
    next(it)
except StopIteration as e:
    print(e.value, e.args)
