class Yes:
    def __bool__(self):
        return True
class No:
    def __bool__(self):
        return False
class Empty:
    def __len__(self):
        return 0
def main():
    r = []
    for v in (0, 1, "", "a", [], [0], (), (0,), {}, {1: 2}, None, True, False, Yes(), No(), Empty(), range(0), range(2)):
        r.append((1 if v else 0, not v, bool(v), (v and 1) is v, (v or 1) is v))
    r.append([1 < 2 < 3, 1 < 3 < 2, 1 == 1 != 2, None is None, 3 in [1, 3], 4 not in (1, 3)])
    return r
