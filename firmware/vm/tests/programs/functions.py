def plain(a, b=2, *args, c=3, **kw):
    return a, b, args, c, sorted(kw.items())
def only(*, key):
    return key
def tail(a, b, c):
    return a * 100 + b * 10 + c
def main():
    r = [plain(1), plain(1, 5), plain(1, 5, 6, 7), plain(1, c=9), plain(b=1, a=0, z=5), plain(*[1, 2, 3], **{"c": 4, "y": 5}), only(key=1)]
    r += [tail(*(1, 2, 3)), tail(1, *[2, 3]), tail(c=3, b=2, a=1), tail(1, **{"b": 5, "c": 6}), (lambda x, y=1: x + y)(4)]
    for f, args, kw in ((tail, (1,), {}), (tail, (1, 2, 3, 4), {}), (tail, (1, 2, 3), {"a": 1}), (tail, (1, 2), {"d": 1}), (only, (1,), {}), (only, (), {})):
        try:
            f(*args, **kw)
        except TypeError:
            r.append("TypeError")
    def rec(n):
        return 0 if n == 0 else 1 + rec(n - 1)
    r.append(rec(50))
    return r
