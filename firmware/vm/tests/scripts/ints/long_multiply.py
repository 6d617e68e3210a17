# products and squares of long ints
a = 123456789012345678901234567890
b = -987654321098765432109876543210
print(a * b, a * a, b * b, a * 0, b * 1, a * -1)
p = 1
for i in range(1, 41):
    p *= i
print(p)
