# what is handled while another is raised
def chain(e):
    names = []
    while e is not None:
        names.append(str(e) or type(e).__name__)
        e = e.__context__
    return " < ".join(names)

def attempt(f):
    try:
        f()
    except BaseException as e:
        print(f.__name__, chain(e))

def fail(text):
    raise ValueError(text)

def in_handler():
    try:
        fail("a")
    except ValueError:
        fail("b")

def three():
    try:
        try:
            fail("a")
        except ValueError:
            fail("b")
    except ValueError:
        fail("c")

def by_the_machine():
    try:
        fail("a")
    except ValueError:
        None.nothing

def in_finally():
    try:
        fail("a")
    finally:
        fail("b")

def in_finally_after_return():
    try:
        return
    finally:
        fail("b")

def in_else():
    try:
        try:
            fail("a")
        except ValueError:
            pass
        else:
            print("no")
        fail("b")
    except ValueError as e:
        print(chain(e))
    fail("c")

def handled_inside():
    try:
        fail("a")
    except ValueError:
        try:
            fail("b")
        except ValueError as e:
            print(chain(e))
        fail("c")

def in_the_clause():
    try:
        fail("a")
    except undefined:
        pass

def called():
    def helper():
        try:
            fail("b")
        except ValueError as e:
            print(chain(e))
    try:
        fail("a")
    except ValueError:
        helper()
        raise

def again():
    try:
        fail("a")
    except ValueError as e:
        raise e

def again_in_another():
    a = ValueError("a")
    try:
        raise a
    except ValueError:
        try:
            fail("b")
        except ValueError as b:
            print(chain(b))
            raise a

class Manager:
    def __init__(self, swallows, fails):
        self.swallows, self.fails = swallows, fails
    def __enter__(self):
        return self
    def __exit__(self, kind, value, traceback):
        if self.fails:
            fail("exit")
        return self.swallows

def manager_fails():
    with Manager(False, True):
        fail("body")

def manager_fails_alone():
    with Manager(False, True):
        pass

def manager_swallows():
    with Manager(True, False):
        fail("body")
    fail("after")

def two_managers():
    with Manager(False, True), Manager(False, True):
        fail("body")

def gen():
    try:
        yield 1
    except ValueError:
        fail("in generator")

def generator():
    g = gen()
    next(g)
    try:
        fail("a")
    except ValueError as e:
        g.throw(KeyError("thrown")) if False else g.throw(e)

def stepping():
    def numbers():
        yield 1
        fail("in generator")
    try:
        fail("a")
    except ValueError:
        for n in numbers():
            print(n)

def stopped():
    def bad():
        yield 1
        raise StopIteration("early")
    g = bad()
    next(g)
    next(g)

def native():
    def key(x):
        fail("key %d" % x)
    try:
        fail("a")
    except ValueError:
        sorted([2, 1], key=key)

def loop():
    for n in range(3):
        try:
            fail(str(n))
        except ValueError as e:
            print(chain(e))
    fail("end")

class Counted:
    def __init__(self):
        self.n = 0
    def __iter__(self):
        return self
    def __next__(self):
        self.n += 1
        if self.n > 2:
            raise StopIteration
        return self.n

def iterating():
    try:
        fail("a")
    except ValueError as e:
        print([x for x in Counted()], chain(e))
        fail("b")

for f in (in_handler, three, by_the_machine, in_finally, in_finally_after_return, in_else, handled_inside, in_the_clause, called, again,
          again_in_another, manager_fails, manager_fails_alone, manager_swallows, two_managers, generator, stepping, stopped, native, loop,
          iterating):
    if f is by_the_machine or f is in_the_clause:
        try:
            f()
        except (AttributeError, NameError) as e:
            print(f.__name__, type(e).__name__, "<", e.__context__)
    else:
        attempt(f)

def stop_cause():
    try:
        stopped()
    except RuntimeError as e:
        print(repr(e.__cause__), e.__cause__ is e.__context__, e.__suppress_context__)
stop_cause()
