# ranges: length, subscripts, slices, membership, equality
for r in (range(5), range(2, 8), range(0, 10, 3), range(5, 0, -2), range(3, 3), range(0, -5)):
    print(r, len(r), list(r), list(reversed(list(r))), 3 in r, bool(r))
r = range(10, 100, 7)
print(r[0], r[-1], r[2], list(r[1:4]), r[1:3], range(3) == range(3), range(0, 4, 2) == range(0, 3, 2))
for f in (lambda: range(0, 1, 0), lambda: r[100]):
    try:
        f()
    except (ValueError, IndexError) as e:
        print(type(e).__name__)
