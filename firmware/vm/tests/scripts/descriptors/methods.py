class Bound:
    def __init__(self, f):
        self.f = f
    def __get__(self, instance, owner):
        return lambda *args: self.f(instance, *args)
class A:
    def __init__(self):
        self.n = 5
    @Bound
    def add(self, x):
        return self.n + x
print(A().add(3), A().add(4))
class Lazy:
    def __init__(self, f):
        self.f = f
    def __get__(self, instance, owner):
        value = self.f(instance)
        setattr(instance, "slow", value)
        return value
class B:
    @Lazy
    def slow(self):
        print("computing")
        return 9
b = B()
print(b.slow, b.slow)
