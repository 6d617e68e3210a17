# a program: a binary search tree
class Tree:
    def __init__(self): self.root = None
    def add(self, key):
        def into(node):
            if node is None: return [key, None, None]
            if key < node[0]: node[1] = into(node[1])
            elif key > node[0]: node[2] = into(node[2])
            return node
        self.root = into(self.root)
    def __iter__(self):
        def walk(node):
            if node:
                yield from walk(node[1])
                yield node[0]
                yield from walk(node[2])
        return walk(self.root)
    def height(self, node="root"):
        if node == "root": node = self.root
        return 0 if node is None else 1 + max(self.height(node[1]), self.height(node[2]))
t = Tree()
for k in (50, 30, 70, 20, 40, 60, 80, 30, 10): t.add(k)
print(list(t), t.height(), 40 in t, 45 in t)
