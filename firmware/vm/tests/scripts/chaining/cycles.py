# chains that lead back, and long ones
def length(e):
    n = 0
    while e is not None and n < 50:
        e = e.__context__
        n += 1
    return n
a, b = ValueError("a"), ValueError("b")
try:
    try:
        raise a
    except ValueError:
        raise b
except ValueError:
    pass
print(length(a), length(b), b.__context__ is a)
# The first again, while the second is handled: its context is turned round.
try:
    try:
        raise b
    except ValueError:
        raise a
except ValueError:
    pass
print(length(a), length(b), a.__context__ is b, b.__context__)
e = ValueError("self")
e.__context__ = e
print(length(e))
try:
    try:
        raise e
    except ValueError:
        raise KeyError("k")
except KeyError as k:
    print(length(k))
last = None
for n in range(30):
    try:
        if last is not None:
            try:
                raise last
            except ValueError:
                raise ValueError(n)
        raise ValueError(n)
    except ValueError as e:
        last = e
print(length(last), last, last.__context__)
