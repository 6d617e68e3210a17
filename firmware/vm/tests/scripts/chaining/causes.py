# what raise … from … keeps
def name(e):
    # What the machine itself says is not CPython's to the letter.
    return type(e).__name__ if isinstance(e, (ZeroDivisionError, IndexError)) else repr(e)

def show(e):
    print(repr(e), name(e.__cause__), name(e.__context__), e.__suppress_context__)

def attempt(f):
    try:
        f()
    except Exception as e:
        show(e)
        return e

class Own(ValueError):
    def __init__(self, n):
        super().__init__("own", n)

def from_handled():
    try:
        {}["k"]
    except KeyError as e:
        raise ValueError("outer") from e

def from_another():
    try:
        1 // 0
    except ZeroDivisionError:
        raise ValueError("outer") from IndexError("never raised")

def from_class():
    raise ValueError from KeyError

def from_own():
    raise Own(1) from Own(2)

def from_none():
    try:
        [][1]
    except IndexError:
        raise ValueError("alone") from None

def from_none_outside():
    raise ValueError("alone") from None

def from_nothing():
    raise ValueError("plain")

def from_itself():
    e = ValueError("itself")
    raise e from e

for f in (from_handled, from_another, from_class, from_own, from_none, from_none_outside, from_nothing, from_itself):
    print(f.__name__, end=": ")
    attempt(f)

# what is no exception
for cause in (1, "text", int, object()):
    try:
        raise ValueError from cause
    except TypeError as e:
        print("refused", e.__cause__)
try:
    raise 3 from KeyError("x")
except TypeError as e:
    print("refused", e.__cause__)

# one that was never raised
show(ValueError("new"))

# set by hand
e = ValueError("set")
e.__cause__ = KeyError("c")
show(e)
e.__context__ = IndexError("x")
show(e)
e.__cause__ = None
show(e)
for field in ("__cause__", "__context__"):
    for value in (1, ValueError, "text"):
        try:
            setattr(e, field, value)
        except TypeError:
            print(field, "not", value if value is not ValueError else "a class")
    try:
        delattr(e, field)
    except TypeError:
        print(field, "stays")
show(e)
e = ValueError("hidden")
e.__suppress_context__ = True
show(e)
e.__suppress_context__ = False
show(e)
e.other = 5
print(e.other, hasattr(e, "__cause__"), hasattr(e, "__causes__"))

# raised again from something else: the last counts
e = ValueError("twice")
for cause in (KeyError(1), KeyError(2), None):
    try:
        raise e from cause
    except ValueError as same:
        show(same)
