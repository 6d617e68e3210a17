# quotients and remainders of all sizes: what cores without a divide instruction do by hand
def check(a, b):
    q, r = divmod(a, b)
    assert a // b == q and a % b == r, (a, b)
    assert q * b + r == a, (a, b)
    assert 0 <= r < b or b < r <= 0, (a, b)
    return (q * 7 + r) & 0xFFFF


sum = 0
for i in range(31):
    for j in range(31):
        for da in (-1, 0, 1):
            for db in (-1, 0, 1):
                a, b = (1 << i) + da, (1 << j) + db
                if b:
                    sum = (sum * 3 + check(a, b) + check(-a, b) + check(a, -b) + check(-a, -b)) & 0xFFFFFF
print(sum)
x, sum = 12345, 0
for i in range(400):
    x = (x * 1103515245 + 12345) & 0x3FFFFFFF
    a = x >> (i % 29)
    x = (x * 1103515245 + 12345) & 0x3FFFFFFF
    b = (x >> (i % 23)) + 1
    sum = (sum * 3 + check(a, b) + check(a, -b)) & 0xFFFFFF
print(sum)
