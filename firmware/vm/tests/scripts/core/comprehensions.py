print([x * y for x in range(3) for y in range(3) if x != y])
print({x: x * x for x in range(4)}, {k: v for k, v in [("a", 1)]})
print([[j for j in range(i)] for i in range(4)])
def f():
    n = 3
    return [n * i for i in range(n)]
print(f())
