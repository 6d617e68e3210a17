# long additions one after another
a, b = 0, 1
for i in range(300):
    a, b = b, a + b
print(a, b, b - a, a % 1000000007)
