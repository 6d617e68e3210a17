first, *others = [1, 2, 3]
print(first, others)
