# and, or, not, chained comparison, conditional expressions
for a in (0, 1, ""):
    for b in ([], "x", None):
        print(a and b, a or b, not a, not (a and b), a if b else "no", 1 if a else 2 if b else 3)
print(1 < 2 < 3, 1 < 3 > 2, 3 > 2 > 2, 1 == 1 != 2, None is None, [] is not [], 1 in [1] == True)
