# What natives hold while they call back is limited: many at once is an exception, many one after the other is nothing.
def deep(n):
    return min([n, n + 1], key=lambda x: deep(n + 1))
def deep_class(n):
    class C:
        pass
    return sorted([n, n + 1], key=lambda x: deep_class(n + 1))
def main():
    r = []
    for i in range(100):
        class Local:
            n = i
        r.append(Local.n)
    r = [sum(r)]
    for f in (deep, deep_class):
        for i in range(3):
            try:
                f(0)
            except RecursionError as e:
                r.append(str(e))
    class Last:
        n = "well"
    r.append(Last.n)
    return r
