# Horner's rule and a derivative on exact values
def value(coefficients, x):
    y = 0.0
    for c in coefficients:
        y = y * x + c
    return y
def derived(coefficients):
    n = len(coefficients) - 1
    return [c * (n - i) for i, c in enumerate(coefficients[:-1])]
p = [1, -2.5, 0.5, 3]
for x in (0, 1, -1, 0.5, 2, 4.0):
    print(x, value(p, x), value(derived(p), x))
print(derived(p), derived(derived(p)))
