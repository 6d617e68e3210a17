import pkg
print(pkg.name, pkg.__name__)
import pkg.inner
print(pkg.inner.value, pkg.inner.__name__)
from pkg import inner, name as n
print(inner is pkg.inner, n)
from pkg.inner import f
print(f(2))
import pkg.sub.leaf as leaf
print(leaf.path())
import pkg.inner as again
print(again is inner)
