# division, remainder, power, shifts and bits as methods
class N:
    def __init__(self, name): self.name = name
    def __floordiv__(self, o): return "floordiv"
    def __truediv__(self, o): return "truediv"
    def __mod__(self, o): return "mod"
    def __pow__(self, o): return "pow"
    def __lshift__(self, o): return "lshift"
    def __rshift__(self, o): return "rshift"
    def __and__(self, o): return "and"
    def __or__(self, o): return "or"
    def __xor__(self, o): return "xor"
    def __invert__(self): return "invert"
n = N("n")
print(n // 1, n / 1, n % 1, n ** 1, n << 1, n >> 1, n & 1, n | 1, n ^ 1, ~n)
try:
    n + 1
except TypeError:
    print("TypeError")
