# StopIteration out of a generator's body is a RuntimeError
def g():
    yield 1
    raise StopIteration
it = g()
print(next(it))
try:
    next(it)
except RuntimeError:
    print("RuntimeError")
