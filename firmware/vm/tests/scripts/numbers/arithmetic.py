# float operators on values that every width holds
for a in (1.5, -2.25, 0.0, 4.0):
    for b in (0.5, -2.0):
        print(a + b, a - b, a * b, a / b, a // b, a % b, -a, +a, abs(a))
print(2.0 ** 3, 4 ** 0.5, 2 ** -1, 7 / 2, 6 / 3, 1 + 0.5, 0.5 + 1, 3 * 0.25)
