# differs from CPython: which shows the lines themselves too
a, b = ValueError("a"), KeyError("b")
a.__cause__ = b
b.__cause__ = a
try:
    raise b
except KeyError:
    pass
raise a
