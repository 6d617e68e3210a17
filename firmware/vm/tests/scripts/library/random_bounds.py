# random: results stay in their bounds, and a seed repeats them
import random
random.seed(5)
first = [random.randint(1, 6) for _ in range(50)]
random.seed(5)
print(first == [random.randint(1, 6) for _ in range(50)], min(first) >= 1, max(first) <= 6, len(set(first)) > 3)
print(all(0 <= random.random() < 1 for _ in range(50)), all(random.randrange(0, 20, 5) in (0, 5, 10, 15) for _ in range(30)), all(random.choice("abc") in "abc" for _ in range(20)), all(0 <= random.getrandbits(7) < 128 for _ in range(50)), all(2 <= random.uniform(2, 3) <= 3 for _ in range(20)))
