# Sets and frozen sets. Python keeps no order of their items, so they are shown sorted.


def attempt(what):
    try:
        print(what())
    except Exception as e:
        print(type(e).__name__)


def show(s):
    print(type(s).__name__, len(s), sorted(s))


class Point:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x

    def __hash__(self):
        return self.x % 3


def main():
    a = {1, 2, 3, 2}
    b = set([3, 4])
    f = frozenset((2, 3, 9))
    for s in (a, b, f, set(), frozenset(), set("hello"), {n * n for n in range(5)}, set(range(40)), {*a, *b}):
        show(s)
    print(set(), frozenset(), {7}, frozenset([7]), {"x"}, {(1, 2)}, [set()])
    for s in (a | b, a & b, a - b, a ^ b, a | f, f | a, f & a, f - a, a ^ f, f ^ f):
        show(s)
    print(a == {3, 2, 1}, a == f, {2, 3, 9} == f, a != b, a == [1, 2, 3], set() == frozenset(), {1} == {1: 2})
    print(a < {1, 2, 3, 4}, a <= a, a < a, a > {1}, a >= {1, 5}, {1} <= f, f >= {9}, b < a)
    print(2 in a, 7 in a, "x" in {"x", "y"}, (1, 2) in {(1, 2)}, 2 not in f, bool(a), bool(set()), not frozenset())
    c = a.copy()
    c.add(10)
    c.add(10)
    c.discard(1)
    c.discard(99)
    c.remove(2)
    show(c)
    c.update([5, 6], {7: 8}, "z" if False else ())
    show(c)
    c |= {100}
    c &= {3, 5, 100, 7}
    c -= {5}
    c ^= {7, 8}
    d = c
    d |= {0}
    show(c)
    print(c is d)
    g = f
    g |= {1}
    show(f)
    show(g)
    show(a.union(b, [8]))
    show(a.intersection([2, 3, 3], (3,)))
    show(a.difference([1], [2]))
    show(a.symmetric_difference([3, 3, 4]))
    show(a.union())
    e = {1, 2, 3, 4, 5, 6}
    e.intersection_update({1, 2, 3, 4})
    e.difference_update([1])
    e.symmetric_difference_update({4, 40})
    show(e)
    print(a.issubset([1, 2, 3, 4]), a.issuperset({1}), a.isdisjoint({4}), a.isdisjoint([3]), f.issubset(f), f.isdisjoint(()))
    got = []
    while e:
        got.append(e.pop())
    print(sorted(got), e)
    e.clear()
    m = {frozenset([1, 2]): "a"}
    print(m[frozenset([2, 1])], hash(frozenset("ab")) == hash(frozenset("ba")), frozenset([1]) in {frozenset([1])})
    print(len({Point(n % 7) for n in range(30)}), Point(3) in {Point(3), Point(6)}, len({1, True, 0, False}))
    big = set()
    for n in range(200):
        big.add(n * 7 % 61)
        if n % 3 == 0:
            big.discard(n % 10)
    show(big)
    attempt(lambda: {[]})
    attempt(lambda: {1, {2}})
    attempt(lambda: set().pop())
    attempt(lambda: a.remove(77))
    attempt(lambda: a | [1])
    attempt(lambda: a < [1])
    attempt(lambda: a + b)
    attempt(lambda: a[0])
    attempt(lambda: frozenset().add(1))
    attempt(lambda: hash(a))
    attempt(lambda: set(5))
    attempt(lambda: [] in {1})
    attempt(lambda: sum({1, 2, 3}))
    attempt(lambda: max({1, 5}) + min(frozenset([3])))
    total = 0
    for n in {1, 2, 3}:
        total += n
    first, *_ = {9}
    return total, isinstance(a, set), isinstance(f, set), list(frozenset([4])), tuple({3}), first
