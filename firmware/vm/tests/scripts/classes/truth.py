# __bool__ and __len__ decide what is true
class B:
    def __bool__(self): return False
class L:
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
class N: pass
print(bool(B()), bool(L(0)), bool(L(2)), bool(N()), not B(), B() or "or", L(1) and "and", [x for x in (L(0), L(1)) if x] != [], len(L(3)))
