# differs from CPython
import micropython
from micropython import const
X = const(5)
print(X, micropython.opt_level())
done = []
micropython.schedule(done.append, 1)
for i in range(3):
    pass
print(done)
