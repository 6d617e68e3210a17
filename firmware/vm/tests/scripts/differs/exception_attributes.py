# as MicroPython, differs from CPython: exceptions have no __suppress_context__
try:
    raise ValueError from None
except ValueError as e:
    print(hasattr(e, "__suppress_context__"))
