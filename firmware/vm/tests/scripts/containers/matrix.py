# a matrix of lists: product, transposition, powers
def product(a, b):
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]
m = [[1, 1], [1, 0]]
p = [[1, 0], [0, 1]]
for _ in range(50):
    p = product(p, m)
print(p, [list(row) for row in zip(*[[1, 2, 3], [4, 5, 6]])])
