def g():
    while True:
        try:
            x = yield "ready"
            print("got", x)
        except ValueError as e:
            print("caught", e)
            yield "handled"
        finally:
            print("step")
it = g()
print(next(it), it.send(1), it.throw(ValueError("v")), next(it))
it.close()
try:
    next(it)
except StopIteration:
    print("over")
def fresh():
    yield 1
f = fresh()
try:
    f.throw(KeyError("early"))
except KeyError as e:
    print("KeyError", e)
print(list(f))
