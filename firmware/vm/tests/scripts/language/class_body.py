class A:
    total = 0
    for i in range(4):
        total += i
    if total > 5:
        big = True
    names = [n for n in ("a", "b")]
    def f(self, x=total):
        return x
    class Inner:
        y = 5
print(A.total, A.i, A.big, A.names, A().f(), A.Inner.y, A.Inner().y)
A.new = 3
print(A().new)
del A.new
print(hasattr(A, "new"))
