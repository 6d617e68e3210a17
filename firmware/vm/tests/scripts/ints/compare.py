# ints compare by value, whatever their size
values = [0, 1, -1, 1 << 30, -(1 << 30), 1 << 31, 1 << 64, -(1 << 64)]
for a in values:
    print([a < b for b in values], [a == b for b in values], [a >= b for b in values])
print(sorted(values, reverse=True), max(values), min(values))
