class MyError(Exception):
    pass
class Coded(MyError):
    def __init__(self, code):
        self.code = code
class Loud(Exception):
    def __str__(self):
        return "LOUD"
def attempt(f):
    try:
        f()
    except (ValueError, TypeError) as e:
        return "vt " + str(e)
    except LookupError as e:
        return "lookup"
    except MyError as e:
        return "my " + repr(e.args)
    except Exception as e:
        return "other " + str(e)
    else:
        return "fine"
def boom(e):
    raise e
def main():
    r = [attempt(lambda: boom(ValueError("v"))), attempt(lambda: boom(TypeError)), attempt(lambda: [][1]), attempt(lambda: {}[1]),
         attempt(lambda: boom(MyError(1, 2))), attempt(lambda: 1), attempt(lambda: boom(Loud())), attempt(lambda: 1 // 0 and 1)[:5]]
    def order():
        log = []
        try:
            try:
                log.append(1)
                raise KeyError("x")
            finally:
                log.append(2)
        except KeyError as e:
            log.append(e.args[0])
        else:
            log.append("no")
        finally:
            log.append(3)
        return log
    r.append(order())
    def reraise():
        try:
            try:
                raise Coded(7)
            except MyError:
                raise
        except Coded as e:
            return e.code, e.args
    r.append(reraise())
    def override():
        try:
            return 1
        finally:
            return 2
    def swallow():
        for i in range(3):
            try:
                1 // 0
            finally:
                break
        return "swallowed"
    def loop():
        out = []
        for i in range(5):
            try:
                if i == 1:
                    continue
                if i == 3:
                    break
                out.append(i)
            finally:
                out.append("f%d" % i)
        else:
            out.append("else")
        return out
    def nested_return():
        log = []
        def f():
            try:
                try:
                    return "r"
                finally:
                    log.append("inner")
            finally:
                log.append("outer")
        return f(), log
    def in_loop():
        out = []
        for a in range(2):
            for b in range(2):
                try:
                    if b:
                        return out
                    out.append((a, b))
                finally:
                    out.append("x")
    r += [override(), swallow(), loop(), nested_return(), in_loop()]
    def chained():
        try:
            try:
                raise ValueError("a")
            except ValueError as e:
                raise KeyError("b") from e
        except KeyError as e:
            return e.args
    r += [chained(), isinstance(KeyError(), LookupError), repr(ValueError("a", 1)), str(ValueError()), str(ValueError("a", 1)), repr(Coded(3)), repr(MyError())]
    try:
        raise 5
    except TypeError:
        r.append("not exc")
    try:
        assert 1 == 2, "msg"
    except AssertionError as e:
        r.append(e.args)
    def during():
        try:
            raise ValueError(1)
        except ValueError:
            try:
                raise KeyError(2)
            except KeyError:
                pass
            try:
                raise
            except ValueError as e:
                return "again", e.args
    r.append(during())
    return r
