def g():
    try:
        yield 1
        yield 2
    except GeneratorExit:
        print("exit")
        raise
    finally:
        print("finally")
it = g()
next(it)
it.close()
it.close()
def stubborn():
    try:
        yield 1
    except GeneratorExit:
        yield 2
it = stubborn()
next(it)
try:
    it.close()
except RuntimeError:
    print("RuntimeError")
def outer():
    try:
        yield from g()
    finally:
        print("outer finally")
it = outer()
next(it)
it.close()
