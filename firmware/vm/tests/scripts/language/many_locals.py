# More locals than there are opcodes of one byte for.
def many(a, b):
    c = a + b
    d = c + 1
    e = d + 1
    f = e + 1
    g = f + 1
    h = g + 1
    i = h + 1
    j = i + 1
    k = j + 1
    l = k + 1
    m = l + 1
    n = m + 1
    o = n + 1
    p = o + 1
    q = p + 1
    r = q + 1
    s = r + q
    t = [r, s]
    u, v = t
    del t
    for w in range(u, u + 3):
        v += w
    x = lambda: v + u
    y = x()
    try:
        print(t)
    except NameError as z:
        print(type(z).__name__ in ("NameError", "UnboundLocalError"))
    del y
    try:
        y
    except NameError:
        print("gone")
    return a, p, q, r, s, u, v, w, x()


print(many(1, 2))


def arguments(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q=17, r=18, *s, t=20, **u):
    return a, p, q, r, s, t, u


print(arguments(*range(1, 17)))
print(arguments(*range(1, 22), t=0, z=1))
