# imaginary constants wherever a constant may be
print(1j, 0j, 1.5j, .5j, 10.j, 1e3j, 1E-2J, 1_000j, 0.0j, 00j, 123456j)
print(1 + 2j, 1 - 2j, -1j, -(1 + 1j), 2 * 3j, 1j * 1j, 4 / 2j, 1j + 0.5)


def default(value=2j, *, other=(1j, 0.5j)):
    return value, other


class Constants:
    unit = 1j
    table = {1j: 1, 2j: (3j, "text", None, 1.5, 4)}


print(default(), default(1j), default(other=3j))
print(Constants.unit, Constants.table[2j], Constants.table)
print((1j, (2j, (3j, 4)), b"x", "y"), [0.25j for _ in range(2)])
constant = lambda: 7j
print(constant(), constant() == constant(), constant() + constant())


def counts():
    for n in (1j, 2j, 3j):
        yield n * n
    return 4j


print(list(counts()), sum(counts()))
print({"a": 1j}["a"], "yes" if 1j else "no", "yes" if 0j else "no", 1j if 0 else 2j)
