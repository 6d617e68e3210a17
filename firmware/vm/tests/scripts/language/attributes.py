class A:
    x = 1
a = A()
print(hasattr(a, "x"), hasattr(a, "y"), getattr(a, "y", 5))
setattr(a, "y_never_spelled"[:7], 7)
print(getattr(a, "y_never"))
delattr(a, "y_never")
print(hasattr(a, "y_never"))
try:
    delattr(a, "zz")
except AttributeError:
    print("AttributeError")
a.b = 2
print(a.__dict__, a.__class__ is A, A.__name__)
print("x" in dir(a), "b" in dir(a), "b" in dir(A), "append" in dir([]))
def f():
    pass
print(f.__name__, A.__bases__, len.__name__)
print(callable(f), callable(A), callable(a), callable(1))
