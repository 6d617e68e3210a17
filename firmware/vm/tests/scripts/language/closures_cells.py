def counter():
    n = 0
    def up():
        nonlocal n
        n += 1
        return n
    def get():
        return n
    return up, get
up, get = counter()
up(); up()
print(get())
fs = [lambda i=i: i for i in range(3)]
gs = [lambda: i for i in range(3)]
print([f() for f in fs], [g() for g in gs])
def gen():
    x = 1
    def inner():
        return x
    yield inner()
    x = 2
    yield inner()
print(list(gen()))
def deleted():
    x = 1
    def inner():
        return x
    del x
    try:
        inner()
    except NameError:
        return "NameError"
print(deleted())
