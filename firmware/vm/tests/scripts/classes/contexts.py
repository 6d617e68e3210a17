# context managers: enter, exit, exceptions suppressed and passed on
class M:
    def __init__(self, name, swallow=False): self.name, self.swallow = name, swallow
    def __enter__(self):
        print("enter", self.name)
        return self
    def __exit__(self, kind, value, trace):
        print("exit", self.name, kind and kind.__name__, value)
        return self.swallow
with M("a") as a, M("b"):
    print("body", a.name)
with M("c", True):
    raise ValueError("lost")
try:
    with M("d"), M("e"):
        raise KeyError("kept")
except KeyError:
    print("caught")
def f():
    with M("f"):
        return "returned"
print(f())
for i in range(3):
    with M(i):
        if i == 1: break
        continue
