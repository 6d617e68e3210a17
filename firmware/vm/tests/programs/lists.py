def main():
    a = [5, 3, 8, 1]
    a.append(9); a.insert(0, 7); a.insert(100, 6); a.insert(-1, 0)
    r = [a[:], a.pop(), a.pop(0), a.index(8), a.count(3)]
    a.remove(8); a.reverse(); r.append(a[:])
    a.sort(); r.append(a[:]); a.sort(reverse=True); r.append(a[:])
    a.extend([1, 2]); a.extend(range(3)); a += (9,); r.append(a[:])
    r += [a[1:3], a[-2:], a[::2], a[::-1], a[5:1:-2], [1] * 3, [] * 5, [1] + [2], [[0] * 2] * 2]
    a[1:3] = ["x", "y", "z"]; r.append(a[:]); del a[0]; del a[1:3]; r.append(a[:]); a[:] = []; r.append(a)
    b = [3, 1, 2]; c = b; c.append(4); r += [b, b is c, b == [3, 1, 2, 4], [1, 2] < [1, 3], [1] < [1, 0], max(b), min(b), sum(b), sorted(b, key=lambda v: -v)]
    r += [list("abc"), list((1, 2)), [x * y for x in range(3) for y in range(3) if x != y], [[i] for i in range(2)]]
    words = ["pear", "fig", "apple", "kiwi"]; words.sort(key=len); r.append(words); r += [max(words, key=len), min(3, 1, 2), max([], default=-1)]
    a, *b = [1, 2, 3]; *c, d = "xyz"; e, *f, g = range(6); r += [a, b, c, d, e, f, g]
    b.clear(); r += [b, c.copy(), list(reversed([1, 2, 3])), all([1, 1]), any([0, 0]), list(enumerate("ab", 1))]
    return r
