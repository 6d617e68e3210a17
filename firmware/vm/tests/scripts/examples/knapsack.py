# a program: dynamic programming
def best(items, room):
    table = [[0] * (room + 1) for _ in range(len(items) + 1)]
    for i, (weight, value) in enumerate(items):
        for r in range(room + 1):
            table[i + 1][r] = table[i][r]
            if weight <= r: table[i + 1][r] = max(table[i][r], table[i][r - weight] + value)
    return table[-1][-1]
def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        before, row[0] = row[0], i + 1
        for j, y in enumerate(b): before, row[j + 1] = row[j + 1], min(before + (x != y), row[j] + 1, row[j + 1] + 1)
    return row[-1]
print(best([(1, 1), (3, 4), (4, 5), (5, 7)], 7), distance("kitten", "sitting"), distance("", "abc"), distance("same", "same"))
