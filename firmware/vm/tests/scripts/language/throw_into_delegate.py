def inner():
    try:
        yield "a"
    except ValueError:
        yield "inner caught"
    return "result"
def outer():
    r = yield from inner()
    yield r
g = outer()
print(next(g), g.throw(ValueError), next(g))
def passing():
    yield from [1, 2, 3]
g = passing()
print(next(g))
try:
    g.throw(KeyError("x"))
except KeyError:
    print("through the list")
print(list(g))
