# positional, keyword and default arguments in all orders
def f(a, b=2, c=3): return a, b, c
print(f(1), f(1, 5), f(1, c=9), f(c=1, a=2), f(a=1, b=2, c=3), f(*[1, 2]), f(**{"a": 5, "c": 6}), f(1, *[2], **{"c": 4}))
for bad in (lambda: f(), lambda: f(1, 2, 3, 4), lambda: f(1, a=2), lambda: f(1, d=4), lambda: f(b=1), lambda: f(1, **{"a": 2})):
    try:
        bad()
    except TypeError:
        print("TypeError")
