# __str__, __repr__, __format__ through print, formats and containers
class Both:
    def __str__(self): return "str"
    def __repr__(self): return "repr"
class One:
    def __repr__(self): return "one"
b, o = Both(), One()
print(b, [b], (b,), {1: b}, str(b), repr(b), "%s %r" % (b, b), "{} {!r}".format(b, b), f"{b} {b!r}")
print(o, [o], str(o), "%s" % o, f"{o}")
