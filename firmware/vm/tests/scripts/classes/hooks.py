# __getattr__, __setattr__ and __delattr__, also for names made at run time
class Log:
    def __init__(self):
        object.__setattr__(self, "log", [])
    def __getattr__(self, name):
        self.log.append("get " + name)
        if name.startswith("no"): raise AttributeError(name)
        return name.upper()
    def __setattr__(self, name, value): self.log.append("set %s %r" % (name, value))
    def __delattr__(self, name): self.log.append("del " + name)
o = Log()
o.a = 1
o.b
del o.c
print(getattr(o, "x" + "yz" * 2), hasattr(o, "nothing"), getattr(o, "no" + "ne", 5), hasattr(o, "d" + "yn"))
print(o.log)
