# isinstance, issubclass, type, callable, hasattr, dir and id
class A: pass
class B(A):
    def f(self): pass
b = B()
print(isinstance(b, A), isinstance(b, (int, A)), issubclass(B, A), issubclass(bool, int), isinstance(5, (str, (list, int))), type(b) is B, type(type(b)) is type, callable(b.f), callable(b), hasattr(b, "f"), "f" in dir(b), id(b) == id(b), id(b) != id(A()))
for bad in (lambda: isinstance(1, 2), lambda: issubclass(1, int), lambda: getattr(1, 2), lambda: hasattr(b, 5)):
    try:
        bad()
    except TypeError:
        print("TypeError")
