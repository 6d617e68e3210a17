def f(a, *args, k=1, **kw):
    return a, args, k, sorted(kw.items())
print(f(*[1, 2, 3], **{"x": 5, "k": 2}))
print(f(0, *(1,), *[2], z=1))
a, *b, c = range(5)
print(a, b, c)
*a, b = "xyz"
print(a, b)
(a, (b, *c)), d = (1, (2, 3, 4)), 5
print(a, b, c, d)
