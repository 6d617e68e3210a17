# what raises what
def attempt(f):
    try:
        return f()
    except Exception as e:
        return type(e).__name__
class A: pass
print([attempt(f) for f in (lambda: 1 // 0, lambda: [][0], lambda: {}["a"], lambda: None.x, lambda: undefined, lambda: int("x"), lambda: "a" + 1, lambda: next(iter([])), lambda: A().x, lambda: [].pop(), lambda: chr(-1), lambda: len(5), lambda: A()(), lambda: max([]))])
