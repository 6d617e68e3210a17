# attributes of classes and instances, shadowed, deleted
class A:
    x = 1
    def __init__(self, y): self.y = y
a, b = A(2), A(3)
a.x = 10
A.z = "new"
print(a.x, b.x, A.x, a.y, b.z, hasattr(a, "w"), getattr(a, "w", "default"))
del a.x
print(a.x)
for bad in (lambda: a.w, lambda: A.w):
    try:
        bad()
    except AttributeError:
        print("AttributeError")
try:
    del a.x
except AttributeError:
    print("AttributeError")
