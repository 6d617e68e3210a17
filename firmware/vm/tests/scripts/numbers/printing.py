# the shortest text that reads back the same
for x in (0.0, -0.0, 1.0, 0.5, 0.1, 0.2, 100.0, 1e10, 123456.0, 1e-5, 0.0001, 1e16, 1.5e20, 2.5e-8):
    print(x, repr(x), str(x), [x])
