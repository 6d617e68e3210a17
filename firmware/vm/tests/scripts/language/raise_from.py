def f():
    try:
        {}["x"]
    except KeyError as e:
        raise ValueError("bad") from e
try:
    f()
except ValueError as e:
    print(e, e.args)
try:
    raise TypeError("t") from None
except TypeError as e:
    print(e)
try:
    try:
        1 // 0
    except ZeroDivisionError:
        raise RuntimeError("while handling")
except RuntimeError as e:
    print(e)
