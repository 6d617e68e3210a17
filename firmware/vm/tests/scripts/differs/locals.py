# as MicroPython, differs from CPython: locals() of a function gives the globals
def f():
    y = 5
    return "y" in locals()
print(f())
