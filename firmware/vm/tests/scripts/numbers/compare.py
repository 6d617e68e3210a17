# floats and ints compare by value
print(1.0 == 1, 0.5 < 1, 1 < 1.5, 2.0 >= 2, 1.0 != 1, 0.0 == -0.0, 1.5 == "1.5", max(1, 2.5, 2), min(0.5, 0), sorted([2, 0.5, 1.25, -1]))
