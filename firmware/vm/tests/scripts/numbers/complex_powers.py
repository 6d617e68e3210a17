# ** with complex numbers, as near as floats of 32 bits come


def near(value, real, imag):
    close = abs(value - complex(real, imag)) <= 1e-5 * (1 + abs(value))
    return close if close and isinstance(value, complex) else value


print(near((1 + 2j) ** 2, -3, 4), near((1 + 2j) ** 3, -11, -2), near(1j**2, -1, 0), near(2j**3, 0, -8), near((1 + 1j) ** 8, 16, 0))
print(near((3 + 4j) ** 0.5, 2, 1), near((-4 + 0j) ** 0.5, 0, 2), near(2 ** (1j), 0.7692389, 0.6389613), near(1j**1j, 0.20787958, 0))
print(near((1 + 2j) ** -1, 0.2, -0.4), near(2.0**1j, 0.7692389, 0.6389613), near(True**1j, 1, 0), near((2 + 1j) ** (1 - 1j), 3.3502593, -1.1891502))
print(near((-8) ** (1 / 3), 1, 1.7320508), near((-4) ** 0.5, 0, 2), near((-0.25) ** 0.5, 0, 0.5), near((-1) ** 1.5, 0, -1), near((-4.0) ** -0.5, 0, -0.5))
print(near(pow(1j, 2), -1, 0), near(pow(-4, 0.5), 0, 2), near((10**12) ** 1j, -0.8687486, -0.4952525) is not None)
print((1 + 2j) ** 0, 0j**0, 0j**2, 0j**0.5, 0**0j, 0j**0j, 0.0 ** (1 + 0j), (1 + 0j) ** 0j)
print((-8) ** 2, (-8.0) ** 3, (-8) ** -1, (-2.0) ** 0, 4**0.5)
w = 1 + 1j
w **= 2
print(near(w, 0, 2))
roots = [near((2 + 0j) ** n, 2**n, 0) for n in range(-3, 6)]
print(roots)
