import random

random.seed(42)
first = [random.getrandbits(16) for _ in range(5)]
random.seed(42)
print(first == [random.getrandbits(16) for _ in range(5)], len(set(first)) > 1)
random.seed(43)
print(first == [random.getrandbits(16) for _ in range(5)])
for _ in range(100):
    assert 0 <= random.getrandbits(1) <= 1
    assert 0 <= random.getrandbits(32) < 1 << 32
    assert 0 <= random.getrandbits(70) < 1 << 70
    assert 0 <= random.randrange(7) < 7
    assert random.randrange(10, 20, 3) in (10, 13, 16, 19)
    assert random.randrange(5, 0, -2) in (5, 3, 1)
    assert 3 <= random.randint(3, 5) <= 5
    assert random.choice("abc") in "abc"
    assert random.choice([1, 2]) in (1, 2)
    assert 0 <= random.random() < 1
    assert -2.5 <= random.uniform(-2.5, 4) <= 4
print(sorted({random.randint(1, 6) for _ in range(300)}))
print(sorted({random.choice("xyz") for _ in range(100)}))
print(random.randrange(5, 6), random.randint(-3, -3), random.getrandbits(0), random.randint(-(1 << 29), 1 << 29) < 1 << 30)
counts = [0] * 4
for _ in range(2000):
    counts[random.randrange(4)] += 1
print(all(400 < count < 600 for count in counts))
for what in [lambda: random.randrange(0), lambda: random.randrange(3, 3), lambda: random.randint(2, 1), lambda: random.randrange(1, 5, 0)]:
    try:
        print(what())
    except ValueError:
        print("empty")
try:
    random.choice([])
except IndexError:
    print("nothing to choose")
