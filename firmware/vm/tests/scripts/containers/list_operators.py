# + * in == < of lists
a, b = [1, 2], [3]
print(a + b, a * 3, 2 * b, a * 0, 1 in a, 5 not in a, a == [1, 2], a != b, a < b, [1, 2] < [1, 2, 0], [] < [0], [2] > [1, 9], [[1], [2]] == [[1], [2]])
a += (4, 5); print(a)
a *= 2; print(a)
try:
    [1] + (2,)
except TypeError:
    print("TypeError")
