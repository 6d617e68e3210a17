# as MicroPython, differs from CPython: help tells what an object is and what its class has, in a few lines
help(None)
help(True)
help("modules" == "nothing")
print(help(None))
