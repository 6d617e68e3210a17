# __import__, which import statements stand for.
print(__import__("pkg").__name__)
print(__import__("pkg.inner").__name__)
print(__import__("pkg.sub.leaf").sub.leaf.__name__)
print(__import__("pkg.inner", None, None, ["value"]).__name__)
print(__import__("pkg.inner", {}, {}, ("value",), 0).value)
print(__import__("pkg.inner", None, None, []).__name__)
print(__import__("pkg.inner", None, None, ()).inner.f(1))
import pkg.inner
print(__import__("pkg.inner", None, None, ("f",)) is pkg.inner)
for name in ["math", "sys"]:
    print(__import__(name).__name__)
for name in ["nothing" + "_there", "pkg.nothing", "pkg.", ".pkg", "pkg..inner", "", "."]:
    try:
        __import__(name)
        print("imported", name)
    except (ImportError, ValueError):
        print("refused", name)
try:
    __import__(5)
except TypeError:
    print("TypeError")
try:
    __import__()
except TypeError:
    print("TypeError, too")
try:
    __import__("pkg", None, None, (), 0, 1)
except TypeError:
    print("TypeError, again")
import pkg.asks, pkg.sub.asks
print(pkg.asks.inner(), pkg.asks.package(), pkg.asks.leaf())
print(pkg.sub.asks.inner(), pkg.sub.asks.package())
try:
    pkg.sub.asks.beyond()
except (ImportError, ValueError):
    print("beyond the top")
print([m.__name__ for m in map(__import__, ["pkg", "pkg.inner"])])
