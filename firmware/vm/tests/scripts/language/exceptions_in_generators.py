def guarded():
    try:
        yield 1
        yield 2
    except ValueError as e:
        yield "caught %s" % e
    finally:
        print("cleanup")
g = guarded()
print(next(g))
print(g.throw(ValueError("v")))
print(list(g))
def raising():
    yield 1
    raise KeyError("k")
try:
    for x in raising():
        print(x)
except KeyError as e:
    print("KeyError", e)
def stops():
    yield 1
    raise StopIteration
try:
    list(stops())
except RuntimeError:
    print("RuntimeError")
def outer():
    try:
        yield from raising()
    except KeyError:
        yield "delegated"
print(list(outer()))
