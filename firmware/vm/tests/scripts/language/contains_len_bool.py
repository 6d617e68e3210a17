class Box:
    def __init__(self, items):
        self.items = items
    def __contains__(self, item):
        return item in self.items
    def __len__(self):
        return len(self.items)
b = Box([1, 2])
print(1 in b, 3 in b, 3 not in b, len(b), bool(b), bool(Box([])))
print("yes" if Box([]) else "no")
while b:
    b.items.pop()
print(len(b))
