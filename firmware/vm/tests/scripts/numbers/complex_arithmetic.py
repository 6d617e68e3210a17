# operators of complex numbers, alone and with the other numbers
values = [1 + 2j, 3 - 4j, -0.5 + 0.25j, 2j, 4, -3, 0.5, True, False, 0, 1 << 20]
for left in values:
    for right in values:
        if isinstance(left, complex) or isinstance(right, complex):
            print(left, right, left + right, left - right, left * right)
for left, right in ((8 + 4j, 2j), (8 + 4j, 2), (8 + 4j, 0.5), (2j, 4j), (4, 2j), (1.0, 1j), (True, -1j), (3 + 4j, 1 + 1j), (5 - 3j, 1 - 1j), (-8, 2 + 2j), (1j, 1 << 3)):
    print(left, right, left / right)
z = 1.5 - 2j
print(+z, -z, +(2j), -(2j), -0j, - -z, -(0 + 1j))
print(abs(3 + 4j), abs(-3 - 4j), abs(5 - 12j), abs(2j), abs(0j), abs(complex(-7)))
w = z
w += 1
w -= 2j
w *= 2
w /= 4j
print(w, z)
print(sum([1j, 2, 0.5, 3 + 1j]), sum([], 1j), sum([1, 2], 0j))
total = 0
for n in range(10):
    total += n * (1 - 1j)
print(total)


class Number:
    def __radd__(self, other):
        return ("radd", other)

    def __mul__(self, other):
        return ("mul", other)

    def __eq__(self, other):
        return other == 1j


class Real(float):
    pass


print(1j + Number(), Number() * 2j, Number() == 1j, 1j == Number(), 2j == Number(), [1j] == [Number()], [Number()] == [1j])
print(Real(2) + 1j, 1j * Real(0.5), Real(1) == 1 + 0j)
i = 1j
print(i * i, i * i * i, i * i * i * i, (1 + i) * (1 - i))
