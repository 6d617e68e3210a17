# differs from CPython: another generator; the numbers are those of PCG-XSH-RR, so that a change of the sequence is seen
import random

print([random.getrandbits(32) for _ in range(4)])
random.seed(0)
# Floats as far as those of 32 and of 64 bits have the same.
print(random.getrandbits(32), int(random.random() * 1000000))
random.seed("text")
print(random.randrange(1000), random.choice("abcdef"), random.getrandbits(64), int(random.uniform(1, 3) * 100000))
