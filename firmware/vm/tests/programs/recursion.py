def down(n):
    return down(n + 1) + 1
class Odd:
    def __repr__(self):
        return repr([self])
def main():
    r = []
    try:
        down(0)
    except RuntimeError:
        r.append("too deep")
    deep = []
    for i in range(100):
        deep = [deep]
    try:
        repr(deep)
    except RuntimeError:
        r.append("print too deep")
    try:
        deep == [deep]
        other = []
        for i in range(100):
            other = [other]
        deep == other
    except RuntimeError:
        r.append("compare too deep")
    try:
        repr(Odd())
    except RuntimeError:
        r.append("repr too deep")
    return r
