# functions as arguments, results and values in containers
def compose(*fs):
    def composed(x):
        for f in fs:
            x = f(x)
        return x
    return composed
table = {"inc": lambda x: x + 1, "dbl": lambda x: x * 2, "str": str, "len": len}
print(compose(table["inc"], table["dbl"], table["str"], table["len"])(499), compose()(1))
print(list(map(lambda a, b: a * b, [1, 2], [3, 4])), list(filter(None, [0, 1, "", "a"])), max(["a", "ccc", "bb"], key=len), (lambda *a: a)(1, 2), (lambda: None)())
