def count(n):
    i = 0
    while i < n:
        got = yield i
        if got is not None:
            i = got
        else:
            i += 1
    return "done"
def chain(*its):
    for it in its:
        r = yield from it
        if r:
            yield r
def nest(n):
    if n:
        yield n
        yield from nest(n - 1)
    return n
def careful(log):
    try:
        yield 1
        yield 2
    except ValueError:
        log.append("value")
        yield 99
    finally:
        log.append("finally")
def bad():
    yield 1
    raise KeyError("k")
def main():
    r = [list(count(4)), list(chain(count(2), [7, 8], "ab")), list(nest(5)), sum(x * x for x in range(5)), [list(range(i)) for i in count(3)]]
    g = count(10); r += [next(g), g.send(5), next(g), list(g)]
    try:
        next(g)
    except StopIteration as e:
        r.append(e.value)
    h = count(1); next(h)
    try:
        next(h)
    except StopIteration as e:
        r.append(e.value)
    log = []; c = careful(log); r += [next(c), c.throw(ValueError), list(c), log]
    log = []; c = careful(log); next(c); c.close(); r += [log, list(c)]
    log = []; c = careful(log); next(c)
    try:
        c.throw(TypeError("t"))
    except TypeError as e:
        r += [str(e), log]
    b = bad(); next(b)
    try:
        next(b)
    except KeyError as e:
        r.append(e.args)
    def outer(log):
        yield from careful(log)
        yield "after"
    log = []; o = outer(log); r += [next(o), o.throw(ValueError("x")), next(o), list(o), log]
    log = []; o = outer(log); next(o); o.close(); r.append(log)
    r += [dict((k, v) for k, v in zip("ab", count(5))), max(count(4)), "-".join(str(x) for x in count(3)), tuple(count(2)), sorted(nest(3)), 2 in count(9)]
    def rude():
        try:
            yield 1
        finally:
            yield 2
    q = rude(); next(q)
    try:
        q.close()
    except RuntimeError:
        r.append("ignored exit")
    def stops():
        yield 1
        raise StopIteration
    try:
        list(stops())
    except RuntimeError:
        r.append("pep 479")
    def selfish():
        yield next(s)
    s = selfish()
    try:
        next(s)
    except ValueError:
        r.append("running")
    try:
        count(1).send(1)
    except TypeError:
        r.append("not started")
    return r
