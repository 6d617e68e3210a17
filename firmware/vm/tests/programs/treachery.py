class Evil:
    def __init__(self, what):
        self.what = what
    def __hash__(self):
        if self.what == "hash":
            victim.clear()
        return 1
    def __eq__(self, other):
        victim.clear()
        return True
class Shrink:
    def __eq__(self, other):
        items.clear()
        return False
    def __lt__(self, other):
        items.append(1)
        return True
victim = {}
items = []
def main():
    for n in (2, 5, 20):
        for i in range(n):
            victim[i] = i
            victim["k%d" % i] = i
        victim[1] = 0
        for i in range(n):
            try:
                victim.pop(Evil("eq"), None)
            except Exception:
                pass
            victim[i * 3] = Evil("hash")
        for i in range(n):
            victim[Evil("hash")] = i
            victim[i] = victim.get(Evil("eq"))
        victim.clear()
        items[:] = [Shrink() for i in range(n)]
        Shrink() in items
        items[:] = [Shrink() for i in range(n)]
        items.count(3)
        items[:] = [Shrink() for i in range(n)]
        items == [0] * n
        items[:] = [Shrink() for i in range(n)]
        try:
            items.sort()
        except ValueError:
            pass
        items[:] = [1, 2, 3]
        for v in items:
            items.pop()
    a = []
    a.append(a)
    try:
        print(len(a))
    except RuntimeError:
        pass
    b = [1]
    b.extend(b)
    b[1:1] = b
    b += b
    return "survived", b
