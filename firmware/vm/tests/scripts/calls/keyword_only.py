# arguments that must be named
def f(a, *, b, c=3): return a, b, c
def g(*args, key=None): return args, key
print(f(1, b=2), f(b=5, a=1, c=0), g(1, 2, key=3), g(), g(*"ab", key="k"))
for bad in (lambda: f(1), lambda: f(1, 2), lambda: g(other=1)):
    try:
        bad()
    except TypeError:
        print("TypeError")
