class AppError(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
try:
    raise AppError(7, "seven")
except AppError as e:
    print(e.code, e, e.args, repr(e))
class Plain(ValueError):
    pass
try:
    raise Plain("a", 1)
except ValueError as e:
    print(type(e).__name__, e.args, str(e))
class Texty(Exception):
    def __str__(self):
        return "texty %s" % (self.args,)
print(Texty(1, 2))
e = OSError(2, "no file")
print(e.errno, e.args)
print(issubclass(AppError, Exception), issubclass(Plain, (KeyError, ValueError)))
