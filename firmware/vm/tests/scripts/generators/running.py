# a generator that runs cannot be started again
def g():
    try:
        next(it)
    except ValueError:
        yield "already"
it = g()
print(list(it))
def raises():
    yield 1
    raise KeyError("inside")
it = raises()
print(next(it))
try:
    next(it)
except KeyError as e:
    print(e.args, next(it, "ended"))
