# integer square roots by Newton's method
def root(n):
    x = n
    y = (x + 1) // 2
    while y < x:
        x = y
        y = (x + n // x) // 2
    return x
for n in (1, 2, 99, 100, 10 ** 20, 2 * 10 ** 40, (1 << 100) - 1):
    r = root(n)
    print(n, r, r * r <= n < (r + 1) * (r + 1))
