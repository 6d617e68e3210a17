# generators that feed each other
def numbers():
    n = 1
    while True:
        yield n
        n += 1
def take(n, it):
    for x in it:
        if n == 0: return
        n -= 1
        yield x
def where(f, it):
    for x in it:
        if f(x): yield x
def pairs(it):
    last = None
    for x in it:
        if last is not None: yield last, x
        last = x
print(list(take(5, where(lambda x: x % 3 == 0, numbers()))), list(pairs(take(4, numbers()))))
def primes():
    known = []
    for n in numbers():
        if n > 1 and all(n % p for p in known):
            known.append(n)
            yield n
print(list(take(12, primes())))
