# digits of a number by // and %, and the number from its digits
def digits(n, base):
    out = []
    while n:
        n, d = divmod(n, base)
        out.append(d)
    return out[::-1]
n = 31415926535897932384626433832795
print(digits(n, 10), digits(n, 1000), digits(n, 1 << 16))
back = 0
for d in digits(n, 7):
    back = back * 7 + d
print(back == n)
