# a program: the eight queens
def solve(n, row, columns, up, down):
    if row == n: return 1
    count = 0
    for c in range(n):
        if c not in columns and row + c not in up and row - c not in down:
            count += solve(n, row + 1, columns | {c}, up | {row + c}, down | {row - c})
    return count
print([solve(n, 0, set(), set(), set()) for n in range(1, 7)])
