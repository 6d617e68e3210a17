# a program: permutations, combinations and products as generators
def permutations(items):
    if len(items) <= 1:
        yield items
        return
    for i in range(len(items)):
        for rest in permutations(items[:i] + items[i + 1:]):
            yield items[i:i + 1] + rest
def combinations(items, n):
    if n == 0: yield ()
    for i in range(len(items)):
        for rest in combinations(items[i + 1:], n - 1):
            yield (items[i],) + rest
print(list(permutations("abc")), list(combinations([1, 2, 3, 4], 2)), sum(1 for _ in permutations([1, 2, 3, 4, 5])))
