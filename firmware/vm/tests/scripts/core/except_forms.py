def f(e):
    try:
        raise e
    except (KeyError, IndexError) as x:
        return "lookup", type(x).__name__
    except ValueError:
        return "value"
    except Exception as x:
        return "other", type(x).__name__
print(f(KeyError(1)), f(IndexError), f(ValueError), f(TypeError("t")))
try:
    try:
        raise ValueError(1)
    except KeyError:
        print("no")
except ValueError as e:
    print("outer", e)
try:
    raise 5
except TypeError:
    print("TypeError")
e = None
try:
    raise ValueError
except ValueError as e:
    pass
try:
    e
except NameError:
    print("e is gone")
