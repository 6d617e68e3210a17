# *args and **kwargs gathered and spread
def f(*args, **kwargs): return args, sorted(kwargs.items())
print(f(), f(1, 2), f(a=1), f(1, *[2, 3], 4, x=5, **{"y": 6}), f(*(), **{}), f(*"ab", *"cd"), f(**{"a": 1}, **{"b": 2}), f(*(i for i in range(3))))
def g(a, *rest, b=0, **more): return a, rest, b, more
print(g(1), g(1, 2, 3), g(1, b=2), g(1, z=3), g(*[1, 2], **{"b": 3, "q": 4}))
