# the name of `except … as` ends with its handler
e = "outer"
try:
    raise ValueError("inner")
except ValueError as e:
    print(e)
try:
    print(e)
except NameError:
    print("unbound")
def f():
    try:
        1 // 0
    except ZeroDivisionError as z:
        z = "changed"
    try:
        return z
    except NameError:
        return "unbound"
print(f())
