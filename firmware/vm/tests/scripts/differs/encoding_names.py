# as MicroPython, differs from CPython: names of encodings are not looked at
print("aé".encode("latin-1"), bytes("é", "ascii"))
