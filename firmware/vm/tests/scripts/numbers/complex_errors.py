# what complex numbers refuse
z = 1 + 2j
wrong = [
    lambda: z // 2, lambda: 2 // z, lambda: z % 2, lambda: 2 % z, lambda: 2.0 % z, lambda: z // 1.0, lambda: divmod(z, 1), lambda: z // z, lambda: z % z,
    lambda: ~z, lambda: z & 1, lambda: 1 | z, lambda: z ^ z, lambda: z << 1, lambda: 1 >> z, lambda: 10**30 // z, lambda: 10**30 & z,
    lambda: int(z), lambda: float(z), lambda: round(z), lambda: int(0j), lambda: float(1 + 0j), lambda: range(z), lambda: [1, 2][z], lambda: "a" * z,
    lambda: z * "a", lambda: [1] * z, lambda: z * [1], lambda: z + None, lambda: None - z, lambda: z + "1", lambda: "1" + z, lambda: z / [], lambda: {} / z,
    lambda: z**None, lambda: "x" ** z, lambda: len(z), lambda: iter(z), lambda: z[0], lambda: z(), lambda: z in z, lambda: {1} - z, lambda: z - {1},
    lambda: complex([]), lambda: complex(None), lambda: complex(1, []), lambda: complex("1", 2), lambda: complex(1, "2"), lambda: complex({}, 1), lambda: chr(65 + 0j),
    lambda: complex(b"1"), lambda: (1, 2) + z, lambda: z + (1, 2), lambda: "%d" % z, lambda: z @ z,
]
for index, function in enumerate(wrong):
    try:
        print(index, function())
    except TypeError:
        print(index, "TypeError")
for function in (lambda: z / 0, lambda: z / 0j, lambda: 1 / 0j, lambda: 1.0 / 0j, lambda: 0j / 0j, lambda: z / False, lambda: z / -0.0, lambda: 0j**-1, lambda: 0j**1j, lambda: 0 ** (1j - 1)):
    try:
        print(function())
    except ZeroDivisionError:
        print("ZeroDivisionError")
for function in (lambda: 10**400 + 1j, lambda: 1j * 10**400, lambda: complex(10**400), lambda: complex(0, -(10**400))):
    try:
        print(function())
    except OverflowError:
        print("OverflowError")
w = z
try:
    w //= 2
except TypeError:
    print(w is z)
