# a sieve, and Fermat's test by pow with three arguments
sieve = [True] * 200
for i in range(2, 200):
    if sieve[i]:
        for j in range(i * i, 200, i):
            sieve[j] = False
primes = [i for i in range(2, 200) if sieve[i]]
print(primes, sum(primes))
print([n for n in (561, 10007, 1000003, 1000001, 2147483647) if pow(2, n - 1, n) == 1])
