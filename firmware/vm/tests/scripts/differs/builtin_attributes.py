# as MicroPython, differs from CPython: built-in types take no attributes and functions none
def f(): pass
try:
    f.x = 1
except AttributeError:
    print("AttributeError")
