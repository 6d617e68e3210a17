x = 1
y = [2]
def change():
    global x, z
    x = 5
    z = 6
class K:
    a = 1
    b = a + 1
    c = [v for v in (1, 2)]
    del a
def gone():
    del y[0]
def main():
    change(); gone()
    r = [x, z, y, K.b, K.c, hasattr(K, "a"), __name__]
    v = 3
    del v
    try:
        v
    except NameError:
        r.append("deleted")
    global w
    w = 1
    del w
    try:
        w
    except NameError:
        r.append("deleted global")
    len2 = len
    r += [len2([1]), callable(len), callable(3), type(3) is int, type("") is str, isinstance(3, (str, int)), type(None) is type(None)]
    return r
