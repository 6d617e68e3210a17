# differs from CPython
def key(x):
    return x.nothing
sorted([1, 2], key=key)
