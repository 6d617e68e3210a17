count = 0
def counter():
    n = 0
    def step(by=1):
        nonlocal n
        n += by
        return n
    return step
def compose(f, g):
    return lambda x: f(g(x))
def bump():
    global count
    count += 1
    return count
def main():
    a = counter(); b = counter()
    r = [a(), a(), b(), a(5), compose(lambda x: x + 1, lambda x: x * 2)(5), bump(), bump()]
    fs = [lambda: i for i in range(3)]
    gs = [lambda i=i: i for i in range(3)]
    r += [[f() for f in fs], [g() for g in gs], list(map(lambda x, y: x + y, [1, 2], [10, 20])), list(filter(lambda x: x & 1, range(6))), list(filter(None, [0, 1, 2]))]
    def outer():
        x = "o"
        def mid():
            def inner():
                return x
            return inner
        return mid()()
    r.append(outer())
    def unset():
        del r2
        return r2
    r2 = 1
    def late():
        if False:
            v = 1
        return v
    try:
        late()
    except NameError:
        r.append("unbound")
    try:
        nosuchname
    except NameError as e:
        r.append("name")
    return r
