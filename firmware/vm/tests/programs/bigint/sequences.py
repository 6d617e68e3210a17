# Long ints as programs use them: a generator of 64 bits, digits of pi, square roots, a checksum, primes.


def pi_digits(count):
    q, r, t, k, n, l = 1, 0, 1, 1, 3, 3
    digits = []
    while len(digits) < count:
        if 4 * q + r - t < n * t:
            digits.append(n)
            q, r, n = 10 * q, 10 * (r - n * t), 10 * (3 * q + r) // t - 10 * n
        else:
            q, r, t, k, n, l = q * k, (2 * q + r) * l, t * l, k + 1, (q * (7 * k + 2) + r * l) // (t * l), l + 2
    return digits


def isqrt(n):
    x = 1 << (n.bit_length() + 1) // 2
    while True:
        y = (x + n // x) // 2
        if y >= x:
            return x
        x = y


def fnv(data):
    h = 0xCBF29CE484222325
    for ch in data:
        h = ((h ^ ord(ch)) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def is_prime(n):
    d, s = n - 1, 0
    while d % 2 == 0:
        d //= 2
        s += 1
    for a in (2, 3, 5, 7, 11, 13):
        if n == a:
            return True
        x = pow(a, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def main():
    print(pi_digits(60))
    print(isqrt(2 * 10**60), isqrt(10**40) == 10**20, isqrt((1 << 130) - 1))
    print(fnv("pyrite"), fnv(""), fnv("a" * 50))
    print([e for e in (7, 13, 17, 19, 31, 61, 67, 89) if is_prime((1 << e) - 1)])
    a, b = 0, 1
    while len(str(b)) < 50:
        a, b = b, a + b
    return b
