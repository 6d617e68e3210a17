# int() and round() of floats
for x in (0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 2.75, -2.75, 1e10):
    print(x, int(x), round(x), x // 1, x % 1)
print(round(2.25, 1), round(1234.5, -2), round(17, -1), round(5), type(round(2.5)).__name__, type(round(2.5, 0)).__name__)
