# classes derived from list, dict, int, str, tuple and exceptions
class Stack(list):
    def top(self): return self[-1]
class Default(dict):
    def get_or(self, key): return self[key] if key in self else key * 2
class Pair(tuple):
    def swap(self): return Pair((self[1], self[0]))
class Error(ValueError):
    def __init__(self, code):
        super().__init__("code %d" % code)
        self.code = code
s = Stack([1, 2]); s.append(3)
d = Default(a=1); d["b"] = 2
print(s.top(), len(s), s == [1, 2, 3], s[1:], d.get_or("a"), d.get_or("z"), sorted(d), Pair((1, 2)).swap()[0], isinstance(s, list))
try:
    raise Error(5)
except ValueError as e:
    print(e, e.code, e.args, isinstance(e, Error))
