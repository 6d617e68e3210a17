class Size(int):
    def kib(self):
        return self // 1024
s = Size(4096)
print(s + 1, s.kib(), isinstance(s, int), s == 4096, s > 5, -s, 2 * s)
print([10, 20, 30][Size(1)], list(range(Size(3))))
class Flag(int):
    def __add__(self, o):
        return "flag"
print(Flag(1) + 1, Flag(1) - 1)
