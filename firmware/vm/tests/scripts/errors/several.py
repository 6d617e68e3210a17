# tuples of exceptions, order of handlers, classes of one's own
class Base(Exception): pass
class Left(Base): pass
class Right(Base): pass
def f(e):
    try:
        raise e
    except (KeyError, Left): return "key or left"
    except Base as b: return "base " + type(b).__name__
    except: return "any"
print(f(Left), f(Left()), f(Right("x")), f(Base), f(KeyError), f(ValueError), f(SystemExit))
