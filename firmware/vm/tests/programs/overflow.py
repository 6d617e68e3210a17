def main():
    r = []
    three = 3
    big = 1073741823
    for f in (lambda: big + 1, lambda: big * 2, lambda: -big - 2, lambda: big << 1, lambda: three ** 40):
        try:
            f()
            r.append("fits")
        except OverflowError:
            r.append("overflow")
    r.append(big - 1 + 1)
    r.append(-big - 1)
    return r
