class A:
    def __repr__(self): return "A!"
class B:
    def __str__(self): return "B str"
    def __repr__(self): return "B repr"
class C(A):
    def __str__(self): return "C " + repr(self)
print(A(), str(A()), [A()], B(), [B()], {"k": B()}, (C(),), C())
print("%s %r" % (B(), B()), str([B(), A()]))
