class I:
    def __init__(self): self.log = []
    def note(self, what, o):
        self.log.append((what, o))
        return self
    def __iadd__(self, o): return self.note("iadd", o)
    def __isub__(self, o): return self.note("isub", o)
    def __imul__(self, o): return self.note("imul", o)
    def __itruediv__(self, o): return self.note("itruediv", o)
    def __ifloordiv__(self, o): return self.note("ifloordiv", o)
    def __imod__(self, o): return self.note("imod", o)
    def __ipow__(self, o): return self.note("ipow", o)
    def __ilshift__(self, o): return self.note("ilshift", o)
    def __irshift__(self, o): return self.note("irshift", o)
    def __iand__(self, o): return self.note("iand", o)
    def __ior__(self, o): return self.note("ior", o)
    def __ixor__(self, o): return self.note("ixor", o)
    def __imatmul__(self, o): return self.note("imatmul", o)
i = j = I()
i += 1; i -= 2; i *= 3; i /= 4; i //= 5; i %= 6; i **= 7
i <<= 8; i >>= 9; i &= 10; i |= 11; i ^= 12; i @= 13
print(i is j)
for entry in i.log:
    print(entry)
