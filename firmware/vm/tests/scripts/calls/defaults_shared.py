# a default is evaluated once, where the function is defined
n = 1
def f(a, seen=[], n=n):
    seen.append(a)
    return seen, n
n = 2
print(f(1), f(2), f(3, []), f(4))
fs = [lambda x=i: x for i in range(3)]
gs = [lambda: i for i in range(3)]
print([f() for f in fs], [g() for g in gs])
