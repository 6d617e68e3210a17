# equality and hashes of complex numbers, and that they have no order
values = [0j, 1 + 0j, 1j, 1 + 1j, complex(0.5), 0, 1, True, 0.0, 1.0, 0.5, -0.0, "1j", None, [1j], (1j,), 10**30, 1 << 24]
for left in values:
    print([left == right for right in values], [left != right for right in values])
print(1j in [0, 1j], 1j in (1, 1.0), 1 + 0j in [1], 1 in [1 + 0j], 0.5 in (complex(0.5),), [1, 2j].index(2j), [1j, 1j, 1].count(1j))
keys = {1j: "i", 1: "one", 0.5: "half"}
keys[1 + 0j] = "one again"
keys[complex(0.5)] = "half again"
keys[0 + 1j] = "i again"
keys[1 + 1j] = "both"
print(keys)
print(keys[1j], keys[True], keys[complex(1, 1)], keys.get(2j), 2j in keys)
print(hash(1 + 0j) == hash(1) == hash(1.0), hash(complex(0.5)) == hash(0.5), hash(0j) == hash(0), hash(2 + 3j) == hash(complex(2, 3)))
print(hash(1j) == hash(1 + 1j), hash(complex(-0.0, -0.0)) == hash(0))
print(len({1j, 2j, 1j, complex(0, 2), 3, 3 + 0j, 3.0}), {1j} == {complex(0, 1)}, {(1j, 2)} == {(1j, 2 + 0j)})
nan = complex(float("nan"), 0)
print(nan == nan, nan != nan, complex(0, float("inf")) == complex(0, float("inf")), complex(float("inf")) == float("inf"))
big = 1 << 24
print(complex(big) == big, complex(big) == big + 1, big + 1 == complex(big) + 0j, complex(big, 1) == big)
order = (lambda a, b: a < b, lambda a, b: a > b, lambda a, b: a <= b, lambda a, b: a >= b, lambda a, b: max(a, b), lambda a, b: sorted([a, b]))
for compare in order:
    for left, right in ((1j, 2j), (1j, 1), (1, 1j), (1.0, 1j), (1j, 1.0), (1j, "a"), (10**30, 1j), (1j, None), (1j, True)):
        try:
            print(compare(left, right))
        except TypeError:
            print("TypeError", end=" ")
    print()
