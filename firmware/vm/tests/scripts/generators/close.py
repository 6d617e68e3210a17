# close runs finally; what a generator must not do then
log = []
def g():
    try:
        yield 1
        yield 2
    except GeneratorExit:
        log.append("exit")
        raise
    finally:
        log.append("finally")
a = g(); next(a); a.close(); a.close()
b = g(); b.close()
c = g(); list(c); c.close()
print(log, list(a))
def stubborn():
    for _ in range(2):
        try:
            yield
        except GeneratorExit:
            pass
s = stubborn(); next(s)
try:
    s.close()
except RuntimeError:
    print("RuntimeError")
