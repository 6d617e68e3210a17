# making complex numbers, their parts, their text
for value in (0j, 2j, -2j, 1.5j, 1e20j, 1e-7j, 1 + 2j, 1 - 2j, -1 + 0.25j, -0.5 - 0.75j, 3 + 0j):
    print(value, repr(value), str(value), [value], "%s" % value, "{}".format(value))
print(complex(), complex(3), complex(2.5), complex(True), complex(1, 2), complex(1.5, -2.25), complex(False, True))
print(complex(4j), complex(1j, 1), complex(1, 1j), complex(1j, 2j), complex(1 + 1j, 1 - 1j))
z = complex(0.5, -8)
print(z.real, z.imag, (2j).real, (2j).imag, complex(7).imag)
print(type(z), type(z) is complex, isinstance(z, complex), isinstance(1.0, complex), isinstance(z, float))
print(complex, hasattr(z, "real"), hasattr(z, "nothing"), getattr(z, "imag"))
print(complex(1e16, 1e15), complex(123456.0, 1e5), complex(1e-5, 0.0001))
print(bool(0j), bool(1j), bool(complex(0.25, 0)), not 0j, 0j or "zero", 1j and "one")
inf, nan = float("inf"), float("nan")
print(complex(inf, nan), complex(nan, inf), complex(-inf, -inf), complex(0, inf), complex(0, nan))
print(complex(-0.0, 2), complex(0.0, -0.0), complex(-0.0, -0.0), complex(2, -0.0))
first = [1j, 2j]
first[0] += 1
print(first, (1j,), {1j: 2j}, {"a": 1 + 1j})
for wrong in (lambda: z.missing, lambda: complex.real.no, lambda: complex(1, 2, 3)):
    try:
        wrong()
    except (AttributeError, TypeError) as error:
        print(type(error).__name__)
try:
    z.real = 5
except AttributeError:
    print("no storing")
print(z)
