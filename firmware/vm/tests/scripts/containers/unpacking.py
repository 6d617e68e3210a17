# stars in assignments, displays and loops
a, *b, c = range(6); print(a, b, c)
*a, b = "xyz"; print(a, b)
(a, b), c = (1, 2), 3; print(a, b, c)
[a, [b, *c]] = 1, (2, 3, 4); print(a, b, c)
for i, (j, k) in enumerate([(1, 2), (3, 4)]): print(i, j, k)
for first, *rest in ([1, 2, 3], "ab"): print(first, rest)
for bad in ((1,), (1, 2, 3)):
    try:
        a, b = bad
    except ValueError:
        print("ValueError")
a = b = [1]; a.append(2); print(b)
a, b = b, 5; print(a, b)
