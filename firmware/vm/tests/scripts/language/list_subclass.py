class Stack(list):
    def push(self, x):
        self.append(x)
    def top(self):
        return self[-1]
s = Stack([1, 2])
s.push(3)
print(s, len(s), s.top(), isinstance(s, list), isinstance([], Stack))
print(s[0], s[1:], 2 in s, s == [1, 2, 3], [1, 2, 3] == s, s + [4])
for x in s:
    print(x)
s[0] = "a"
del s[1]
s.sort(key=str)
print(list(s), sorted(s, key=str), bool(s), bool(Stack()))
s += [7]
print(type(s) is Stack, s, s.index(7))
a, b, c = s
print(a, b, c, tuple(s))
