# exceptions out of operator methods leave everything as it was
class Bad:
    def __add__(self, o): raise ValueError("add")
    def __eq__(self, o): raise ValueError("eq")
    def __hash__(self): return 1
    def __getitem__(self, k): raise KeyError(k)
    def __len__(self): raise TypeError("len")
    def __bool__(self): raise ValueError("bool")
    def __contains__(self, x): raise ValueError("contains")
    def __repr__(self): raise ValueError("repr")
b = Bad()
for f in (lambda: b + 1, lambda: b == 1, lambda: b in [Bad()], lambda: b["k"], lambda: len(b), lambda: not b, lambda: 1 in b, lambda: repr(b), lambda: [b] and b or 1, lambda: str([b])):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e.args)
