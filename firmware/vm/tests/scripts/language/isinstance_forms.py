class A: pass
class B(A): pass
class L(list): pass
print(isinstance(B(), (int, A)), isinstance(1, (str, int)), isinstance(True, int), isinstance(L(), (A, list)))
print(issubclass(B, A), issubclass(L, list), issubclass(bool, int), issubclass(KeyError, LookupError), issubclass(A, object))
try:
    issubclass(1, A)
except TypeError:
    print("TypeError")
print(isinstance(A, type), isinstance(None, object), type(L()) is L)
