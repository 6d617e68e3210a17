def main():
    r = []
    for i in range(3):
        for j in range(3):
            if j == 2: break
            if i == 1: continue
            r.append((i, j))
        else:
            r.append("never")
    else:
        r.append("else")
    n = 0
    while True:
        n += 1
        if n > 5: break
        if n & 1: continue
        r.append(n)
    while n > 3:
        n -= 1
    else:
        r.append("done %d" % n)
    r += [list(range(5, 0, -2)), list(range(0)), range(3), range(1, 10, 4), range(10)[3], range(10)[-1], len(range(0, 10, 3)), 4 in range(0, 10, 2), range(10)[2:5]]
    for a, (b, c) in [(1, (2, 3))]:
        r.append(a + b + c)
    for k in {"x": 1}:
        r.append(k)
    x = [i for i in range(20) if i % 3 == 0 if i % 2 == 0]
    r += [x, [a if a > 1 else -a for a in range(4)], sum(i for i in range(10)), list(zip([1, 2], "ab", (3, 4))), list(map(str, range(3)))]
    for i, v in enumerate(["a", "b"]):
        r.append((i, v))
    i = 100
    [i for i in range(5)]
    r.append(i)
    return r
