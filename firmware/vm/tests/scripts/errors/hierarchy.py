# exceptions are caught by their bases
for error in (ZeroDivisionError, OverflowError, IndexError, KeyError, NotImplementedError, StopIteration, UnicodeError, OSError, AttributeError, MemoryError):
    caught = []
    for base in (ArithmeticError, LookupError, RuntimeError, ValueError, Exception, BaseException):
        try:
            raise error("x")
        except base:
            caught.append(base.__name__)
        except BaseException:
            pass
    print(error.__name__, caught)
for error in (SystemExit, KeyboardInterrupt, GeneratorExit):
    print(issubclass(error, Exception), issubclass(error, BaseException))
