class Tree:
    def __init__(self, value, left=None, right=None):
        self.value, self.left, self.right = value, left, right
    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right
print(list(Tree(2, Tree(1), Tree(3))))
class G:
    def gen(self, n):
        for i in range(n):
            got = yield i
            if got:
                print("got", got)
g = G().gen(3)
print(next(g), g.send("x"))
g.close()
