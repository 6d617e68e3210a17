class A:
    n = 0
    @staticmethod
    def s(x):
        return x + 1
    @classmethod
    def c(cls, x):
        cls.n += x
        return cls
class B(A):
    pass
print(A.s(1), A().s(2), B.c(3) is B, B.n, A.n)
f = B.c
print(f(1).n)
