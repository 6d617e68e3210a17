# decorators with and without arguments, stacked
def twice(f):
    def wrapped(*args): return f(*args) * 2
    return wrapped
def add(n):
    def decorate(f):
        return lambda *args: f(*args) + n
    return decorate
@twice
@add(3)
def f(x): return x * 10
@add(1)
@twice
def g(x): return x
print(f(1), g(5))
class Count:
    def __init__(self, f): self.f, self.calls = f, 0
    def __call__(self, *args):
        self.calls += 1
        return self.f(*args)
@Count
def h(a, b): return a + b
print(h(1, 2), h("a", "b"), h.calls)
