# differs from CPython: which shows the lines themselves too
def inner(x):
    return x // 0

def outer():
    for i in range(2):
        inner(i)

outer()
