# a finally that returns, breaks, continues or raises
def f():
    try:
        raise ValueError
    finally:
        return "swallowed"
def g():
    for i in range(3):
        try:
            if i == 1: raise KeyError
        except KeyError:
            continue
        finally:
            if i == 2: break
    return i
def h():
    try:
        try:
            raise ValueError("first")
        finally:
            raise KeyError("second")
    except KeyError as e:
        return e.args
print(f(), g(), h())
def loop():
    out = []
    while True:
        try:
            out.append(len(out))
            if len(out) > 3: break
        finally:
            out.append("f")
    return out
print(loop())
