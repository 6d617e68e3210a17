# as MicroPython, differs from CPython: an OSError with a number alone has an errno
e = OSError(2)
print(e.errno, e.args)
