# as MicroPython, differs from CPython: __dict__ is a copy or read only
class A: pass
a = A()
a.x = 1
try:
    a.__dict__["x"] = 2
except TypeError:
    pass
print(a.x)
