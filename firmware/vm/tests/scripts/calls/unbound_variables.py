# variables before their first value
x = 1
def f():
    print(x)
    x = 2
def g():
    def h(): return later
    try:
        h()
    except NameError:
        print("NameError")
    later = 5
    return h()
for bad in (f, lambda: nowhere):
    try:
        bad()
    except NameError as e:
        print(isinstance(e, NameError))
print(g())
def d():
    y = 1
    del y
    try:
        y
    except NameError:
        print("gone")
d()
