# ranges count without making lists, backwards and in steps
n = 0
for i in range(100000, 0, -7): n += i & 1
print(n, range(10 ** 6)[-1], len(range(0, 10 ** 6, 3)), 999999 in range(10 ** 6), sum(1 for i in range(0, 5000, 17)))
for i in range(5, 0): print("never")
for i in range(3): i += 10
print(i)
