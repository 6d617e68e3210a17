class Suppress:
    def __init__(self, *kinds):
        self.kinds = kinds
    def __enter__(self):
        return self
    def __exit__(self, kind, value, tb):
        return kind is not None and issubclass(kind, self.kinds)
with Suppress(KeyError):
    {}["x"]
print("after")
try:
    with Suppress(KeyError):
        raise ValueError("v")
except ValueError as e:
    print("passed", e)
class Bad:
    def __enter__(self):
        return self
    def __exit__(self, *a):
        raise RuntimeError("in exit")
try:
    with Bad():
        raise ValueError
except RuntimeError as e:
    print(e)
def gen():
    with Suppress():
        yield 1
        yield 2
print(list(gen()))
