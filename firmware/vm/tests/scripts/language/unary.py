class U:
    def __neg__(self): return "neg"
    def __pos__(self): return "pos"
    def __invert__(self): return "invert"
    def __abs__(self): return "abs"
    def __bool__(self): return False
u = U()
print(-u, +u, ~u, not u, bool(u))
try:
    -object()
except TypeError:
    print("TypeError")
