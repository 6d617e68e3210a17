# differs from CPython, which stores behind the end
from array import array

a = array("B", [1, 2])


class Shrinks:
    def __index__(self):
        del a[:]
        return 5


try:
    a[1] = Shrinks()
except IndexError:
    print("shrunk")
print(a)
