# shifts left and right, over the limit of small ints and back
for n in (0, 1, 5, 29, 30, 31, 32, 64, 100):
    print(n, 1 << n, -1 << n, (3 << n) >> n, (-3 << n) >> (n + 1))
try:
    1 << -1
except ValueError as e:
    print("ValueError")
try:
    1 >> -1
except ValueError as e:
    print("ValueError")
