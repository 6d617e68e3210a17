def main():
    t = (1, 2, 3)
    a, (b, c) = 1, (2, 3)
    x, y = y, x = 1, 2
    r = [t[0], t[-1], t[1:], t + (4,), t * 2, len(t), 2 in t, t.index(3), t.count(1), (), (1,), t == (1, 2, 3), t < (1, 3), a, b, c, x, y]
    r += [tuple([1, 2]), tuple("ab"), tuple(range(3)), ((1, 2), [3, (4,)]), isinstance(t, tuple), hash((1, 2)) == hash((1, 2))]
    return r
