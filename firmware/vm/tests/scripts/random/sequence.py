# differs from CPython: another generator; the numbers are those of PCG-XSH-RR, so that a change of the sequence is seen
import random

print([random.getrandbits(32) for _ in range(4)])
random.seed(0)
print(random.getrandbits(32), random.random())
random.seed("text")
print(random.randrange(1000), random.choice("abcdef"), random.getrandbits(64), random.uniform(1, 3))
