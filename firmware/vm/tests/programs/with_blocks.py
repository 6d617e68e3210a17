class Ctx:
    def __init__(self, log, swallow=False, fail=None):
        self.log = log; self.swallow = swallow; self.fail = fail
    def __enter__(self):
        self.log.append("in")
        if self.fail == "enter":
            raise ValueError("enter")
        return self
    def __exit__(self, kind, value, trace):
        self.log.append(("out", kind and kind.__name__, value and value.args))
        if self.fail == "exit":
            raise KeyError("exit")
        return self.swallow
def main():
    r = []
    for swallow in (False, True):
        for fail in (None, "enter", "exit"):
            for what in ("pass", "raise", "return", "break", "continue"):
                log = []
                def run():
                    for i in range(2):
                        with Ctx(log, swallow, fail) as c:
                            if what == "raise":
                                raise TypeError("t")
                            if what == "return":
                                return "returned"
                            if what == "break":
                                break
                            if what == "continue":
                                continue
                            log.append("body")
                    return "end"
                try:
                    log.append(run())
                except Exception as e:
                    log.append(repr(e))
                r.append(log)
    with Ctx([]) as a, Ctx([], True) as b:
        raise ValueError
    r.append("after")
    return r
