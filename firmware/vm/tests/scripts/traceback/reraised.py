# differs from CPython
def f():
    {}["k"]
def g():
    try:
        f()
    except KeyError:
        raise
def gen():
    yield 1
    raise ValueError("in generator")
def h():
    for x in gen():
        pass
try:
    h()
except ValueError as e:
    print("caught", e)
class A:
    def m(self):
        g()
A().m()
