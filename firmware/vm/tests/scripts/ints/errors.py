# what ints refuse
one = 1
for f in (lambda: 1 + "a", lambda: "a" + 1, lambda: 1 // 0, lambda: 1 % 0, lambda: divmod(1, 0), lambda: 1 < "a", lambda: [] * "a", lambda: -"a", lambda: int([]), lambda: 1 & 1.5, lambda: one(), lambda: one[0], lambda: len(one)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
