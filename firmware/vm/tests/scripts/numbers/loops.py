# sums that are exact in binary
x, n = 1.0, 0
while x > 0.001:
    x /= 2
    n += 1
print(x, n)
total = 0.0
for i in range(100):
    total += i * 0.125
print(total, total == 618.75)
