# Bytes of heap that objects take, by what gc.mem_alloc says before and after many of them.
import gc

N = 64
out = [None] * N


def measured(make):
    i = 0
    before = gc.mem_alloc()
    while i < N:
        out[i] = make(i)
        i += 1
    used = gc.mem_alloc() - before
    i = 0
    while i < N:
        out[i] = None
        i += 1
    return used


class Empty:
    pass


class Two:
    def __init__(self, a):
        self.a = a
        self.b = a

    def method(self):
        pass


two = Two(1)
LONG = (1 << 40) + 7


def closure(i):
    return lambda: i


def nothing(i):
    return None


def counting(i):
    while i:
        yield i


kinds = (
    ("small int", lambda i: i + 5),
    ("int of 41 bits", lambda i: LONG + i),
    ("float", lambda i: i / 2),
    ("str of 8", lambda i: "abcdef%02d" % i),
    ("str of 32", lambda i: "abcdefghijklmnopqrstuvwxyz0123%02d" % i),
    ("bytes of 8", lambda i: bytes(8)),
    ("bytearray of 8", lambda i: bytearray(8)),
    ("tuple of 2", lambda i: (i, i)),
    ("tuple of 8", lambda i: (i, i, i, i, i, i, i, i)),
    ("empty list", lambda i: []),
    ("list of 8", lambda i: [i, i, i, i, i, i, i, i]),
    ("empty dict", lambda i: {}),
    ("dict of 4", lambda i: {1: i, 2: i, 3: i, 4: i}),
    ("set of 4", lambda i: {1, 2, 3, i}),
    ("instance", lambda i: Empty()),
    ("instance with 2 attributes", Two),
    ("bound method", lambda i: two.method),
    ("closure", closure),
    ("generator", counting),
    ("range", lambda i: range(i)),
)
gc.collect()
measured(nothing)
empty = measured(nothing)
for name, make in kinds:
    print(name, (measured(make) - empty) // N)
