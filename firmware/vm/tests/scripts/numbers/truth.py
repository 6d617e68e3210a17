# zeros are false
print(bool(0.0), bool(-0.0), bool(0.1), bool(float("nan")), not 0.5, 0.0 or 5, 0.5 and 7, [x for x in (0.0, 1.0, -0.5) if x])
