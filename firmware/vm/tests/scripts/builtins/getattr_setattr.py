# getattr, setattr, delattr with computed names
class A: pass
a = A()
for i in range(5): setattr(a, "field%d" % i, i * i)
print([getattr(a, "field%d" % i) for i in range(5)], getattr(a, "field9", None), hasattr(a, "field" + "3"))
delattr(a, "field3")
print(hasattr(a, "field3"), sorted(a.__dict__))
print(getattr("abc", "upper")(), getattr([1, 2], "index")(2), getattr(A, "__name__"))
