a = [1, 2, 3, 4]
del a[0], a[-1]
print(a)
del a[:]
print(a)
d = {"x": 1}
del d["x"]
print(d)
class C:
    pass
c = C()
c.x = 1
del c.x
print(hasattr(c, "x"))
del c
try:
    c
except NameError:
    print("NameError")
