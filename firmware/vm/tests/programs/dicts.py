def main():
    d = {"b": 1, "a": 2}
    d["c"] = 3; d[(1, 2)] = 4; d[5] = 5; d[None] = 6
    r = [dict(d), d["a"], d.get("zz"), d.get("zz", 9), "a" in d, 7 in d, len(d), list(d), list(d.keys()), list(d.values()), list(d.items())]
    del d["b"]; r += [d.pop("a"), d.pop("none", 0), d.setdefault("c", 7), d.setdefault("n", 8), list(d.items())]
    d.update({"c": 30, "q": 1}); d.update(z=2); r.append(d)
    big = {}
    for i in range(100):
        big[i * 7 % 101] = i
    for i in range(0, 100, 3):
        del big[i * 7 % 101]
    for i in range(40):
        big["k%d" % i] = i
    total = 0
    for k, v in big.items():
        total = (total * 3 + v) % 100003
    r += [len(big), total, big["k7"], {x: x * x for x in range(4)}, {1: 2} == {1: 2}, {1: 2} != {1: 3}, dict([(1, 2), ("a", "b")]), dict(a=1)]
    try:
        d["missing"]
    except KeyError as e:
        r += [repr(e), str(e), e.args]
    try:
        d[[1]] = 2
    except TypeError:
        r.append("unhashable")
    return r
