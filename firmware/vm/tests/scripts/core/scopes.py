x = "global"
def outer():
    x = "outer"
    def inner():
        nonlocal x
        x = "changed"
        return x
    a = inner()
    return a, x
print(outer(), x)
def g():
    global x
    x = "set"
g()
print(x)
def unbound():
    try:
        print(y)
        y = 1
    except NameError:
        return "NameError"
print(unbound())
print([x for x in range(2)], x)
