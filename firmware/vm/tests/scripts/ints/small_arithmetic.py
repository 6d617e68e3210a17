# + - * // % ** and unary operators on small ints, all signs
for a in (7, -7, 0, 1):
    for b in (3, -3, 1):
        print(a, b, a + b, a - b, a * b, a // b, a % b, divmod(a, b))
print(2 ** 10, (-2) ** 3, 0 ** 0, -5, +5, ~5, ~-1)
