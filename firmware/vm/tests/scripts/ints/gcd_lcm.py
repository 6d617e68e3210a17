# Euclid's algorithm on small and long ints
def gcd(a, b):
    while b:
        a, b = b, a % b
    return a
for a, b in ((12, 18), (17, 5), (10 ** 20, 6 ** 20), (2 ** 90, 6 ** 30), (0, 5)):
    g = gcd(a, b)
    print(g, a * b // g)
