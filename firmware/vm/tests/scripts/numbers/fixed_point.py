# numbers with a fixed point, of ints alone
ONE = 1 << 16
def mul(a, b): return a * b >> 16
def div(a, b): return (a << 16) // b
def show(a):
    sign, a = ("-", -a) if a < 0 else ("", a)
    return "%s%d.%04d" % (sign, a >> 16, (a & 0xFFFF) * 10000 >> 16)
pi = 205887
print(show(pi), show(mul(pi, pi)), show(div(ONE, 3 * ONE)), show(-pi), show(mul(-pi, ONE // 2)))
x = ONE
for _ in range(8):
    x = (x + div(2 * ONE, x)) >> 1
print(show(x))
