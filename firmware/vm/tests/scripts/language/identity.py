a = [1]
b = a
c = [1]
print(id(a) == id(b), id(a) == id(c), a is b, a is c, a is not c)
print(isinstance(id(a), int), id(None) == id(None))
