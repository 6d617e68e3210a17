# as MicroPython, differs from CPython: upper and lower know ASCII letters alone
print("éa".upper(), "ÉA".lower(), "é".isalpha())
