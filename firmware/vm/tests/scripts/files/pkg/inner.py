from . import name
value = name + ".inner"
def f(x):
    return x + 1
