def main():
    data = [(i * 37 % 23, i) for i in range(60)]
    r = [sorted(data)[:5], sorted(data, key=lambda p: p[0])[:8], sorted(data, reverse=True)[:3], sorted("hello"), sorted([3, 1, 2], key=lambda v: -v, reverse=True)]
    names = ["b", "a", "C"]
    names.sort(); r.append(names[:]); names.sort(key=lambda s: s.lower()); r.append(names)
    try:
        sorted([1, "a"])
    except TypeError:
        r.append("mixed")
    try:
        [3, 2, 1].sort(key=lambda v: 1 // (v - 2))
    except ZeroDivisionError:
        r.append("key raised")
    stable = sorted([(1, "b"), (0, "z"), (1, "a"), (0, "y")], key=lambda p: p[0]); r.append(stable)
    return r
