# classes in classes and functions, names in class bodies
class Outer:
    x = 1
    y = [1, 2, 3]
    class Inner:
        x = 2
        def get(self): return self.x
    z = x + 10
    def make(self): return self.Inner()
def factory(n):
    class Local:
        value = n
        def get(self): return n + self.value
    return Local
A, B = factory(1), factory(10)
print(Outer().make().get(), Outer.z, Outer.y, A().get(), B().get(), A is B, A.__name__ == B.__name__)
