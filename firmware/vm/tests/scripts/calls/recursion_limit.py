# too deep a recursion is an exception, and the program goes on
def deep(n): return deep(n + 1)
for i in range(3):
    try:
        deep(0)
    except RuntimeError as e:
        print("caught", i)
class A:
    def __getattr__(self, name): return getattr(self, name + "x")
try:
    A().a
except RuntimeError:
    print("caught in an attribute")
