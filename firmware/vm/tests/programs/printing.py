class P:
    def __repr__(self):
        return "<P>"
class S:
    def __str__(self):
        return "S!"
    def __repr__(self):
        return "S?"
def main():
    print(1, "a", [1, "b", None], (1,), {}, {"k": [True]}, P(), S(), [S()])
    print("x", "y", sep="-", end="|\n")
    print()
    print(-5, 0, True, None, ..., range(3), "q'q", ["q'q", 'd"d', "\x01\n\\"])
    print(ValueError("x"), repr(KeyError("k")), [IndexError(1, 2)])
    print(int, ValueError)
    print("%s %r %s" % (P(), S(), S()), str(S()), repr(S()))
    deep = []
    for i in range(8):
        deep = [deep]
    print(deep)
    return "done"
