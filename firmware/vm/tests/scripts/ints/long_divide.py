# division of long ints floors, and the rest has the divisor's sign
a = 10 ** 40 + 7
for b in (3, -3, 10 ** 20, -(10 ** 20), 10 ** 41, 97, 1 << 64):
    q, r = divmod(a, b)
    print(q, r, q * b + r == a, divmod(-a, b))
try:
    a // 0
except ZeroDivisionError:
    print("ZeroDivisionError")
