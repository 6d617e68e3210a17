def g():
    x = yield 1
    y = yield x
    return (x, y)
it = g()
print(next(it), it.send("a"))
try:
    it.send("b")
except StopIteration as e:
    print(e.value, e.args)
def outer():
    result = yield from g()
    print("result", result)
    return "end"
it = outer()
print(next(it), it.send(5))
try:
    it.send(6)
except StopIteration as e:
    print(e.value)
def empty():
    return "x"
    yield
print(list(empty()))
