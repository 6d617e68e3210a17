def f(a, b=2, *args, c, d=4, **kw):
    return (a, b, args, c, d, kw)
print(f(1, c=3))
print(f(1, 5, 6, 7, c=3, e=9))
def mutable(x, items=[]):
    items.append(x)
    return items
print(mutable(1), mutable(2))
for bad in (lambda: f(), lambda: f(1), lambda: f(1, c=1, a=2)):
    try:
        bad()
    except TypeError:
        print("TypeError")
def annotated(x: int, y: "str" = "q") -> list:
    return [x, y]
print(annotated(1))
