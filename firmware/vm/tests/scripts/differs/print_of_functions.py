# as MicroPython, differs from CPython: the text of a class names no module
class A: pass
print(A, type(5), str(type([])))
