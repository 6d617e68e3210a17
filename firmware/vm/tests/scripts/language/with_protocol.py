class M:
    def __init__(self, name, swallow=False):
        self.name, self.swallow = name, swallow
    def __enter__(self):
        print("enter", self.name)
        return self.name
    def __exit__(self, kind, value, trace):
        print("exit", self.name, kind.__name__ if kind else None, value)
        return self.swallow
with M("a") as a, M("b") as b:
    print(a, b)
with M("c", True):
    raise ValueError("x")
try:
    with M("d"):
        raise KeyError("k")
except KeyError as e:
    print("caught", e)
def f():
    with M("e"):
        return "returned"
print(f())
for i in range(3):
    with M("f%d" % i):
        if i == 1:
            break
