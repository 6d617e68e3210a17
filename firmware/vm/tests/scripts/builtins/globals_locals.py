# globals() and the names of a module
x = 5
def f():
    y = 6
    return "x" in globals(), "y" in globals(), "f" in globals(), globals()["x"]
print(f(), __name__, "undefined" in globals())
