# exceptions out of iterators, keys of sorts and callbacks
class Bad:
    def __iter__(self): return self
    def __next__(self): raise ValueError("next")
def key(x):
    if x == 2: raise KeyError("key")
    return x
for f in (lambda: list(Bad()), lambda: sorted([1, 2], key=key), lambda: list(map(key, [1, 2])), lambda: max([1, 2], key=key), lambda: [x for x in Bad()], lambda: sum(Bad()), lambda: "".join(Bad()), lambda: dict(Bad()), lambda: tuple(key(x) for x in (1, 2))):
    try:
        print(f())
    except (ValueError, KeyError) as e:
        print(type(e).__name__, e.args)
