def main():
    r = []
    hog = []
    try:
        while True:
            hog.append("x" * 50)
    except MemoryError:
        hog = None
        r.append("full")
    try:
        "abcdefgh" * 100000000
    except MemoryError:
        r.append("too long")
    keep = [[i] * 5 for i in range(50)]
    for i in range(3000):
        junk = [i, [i], {"a": i}, "s%d" % i]
    return r, sum(sum(k) for k in keep), junk
