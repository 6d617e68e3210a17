# what __getitem__ gets for slices and tuples
class Show:
    def __getitem__(self, key): return key
    def __setitem__(self, key, value): print("set", key, value)
    def __delitem__(self, key): print("del", key)
s = Show()
print(s[1], s[1:2], s[::2], s[:], s["a"], s[1, 2], s[1:2, 3])
s[1:2] = "x"
del s[5]
x = s[1:10:3]
print(isinstance(x, slice), slice(3), x.indices(8), slice(-3, None).indices(5))
print(x.start, x.stop, x.step)
