class Counter(dict):
    def add(self, key):
        self[key] = self.get(key, 0) + 1
c = Counter()
for letter in "hello":
    c.add(letter)
print(c, len(c), c["l"], "h" in c, "z" in c)
print(sorted(c.keys()), sorted(c.items()), isinstance(c, dict))
c.update({"z": 9})
del c["h"]
print(c == {"e": 1, "l": 2, "o": 1, "z": 9}, list(c), c.pop("z"))

class Default(dict):
    def __getitem__(self, key):
        if key in self:
            return self.get(key)
        return "none"
d = Default(a=1)
print(d["a"], d["b"], dict(d))
