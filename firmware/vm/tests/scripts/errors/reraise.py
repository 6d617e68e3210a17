# bare raise, raise of the same, nested handlers
def f(n):
    try:
        try:
            [][n]
        except IndexError:
            if n == 1: raise
            if n == 2: raise ValueError("other")
            return "handled"
    except IndexError as e:
        return "again " + type(e).__name__
    except ValueError as e:
        return str(e)
print(f(0), f(1), f(2))
saved = None
try:
    raise KeyError("saved")
except KeyError as e:
    saved = e
try:
    raise saved
except KeyError as e:
    print(e is saved, e.args)
try:
    raise
except RuntimeError:
    print("nothing to raise again")
