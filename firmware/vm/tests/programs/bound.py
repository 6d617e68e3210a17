class A:
    def m(self, *a):
        return a
class Meta:
    def __init__(self):
        self.fn = lambda v: v + 1
def main():
    a = A(); l = []
    add = l.append; add(1); add(2)
    methods = [a.m, l.append, "x,y".split, {"a": 1}.get]
    return l, methods[0](1, 2), methods[2](","), methods[3]("a"), Meta().fn(4), list(map(str.upper, ["a"])), list(map(A().m, [5])), A.m(a, 3), a.m(*[1], **{})
