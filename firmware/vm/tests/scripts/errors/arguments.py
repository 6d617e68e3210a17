# args, str and repr of exceptions
for e in (ValueError(), ValueError("a"), ValueError("a", 1), KeyError("k"), OSError(2), Exception(None), StopIteration(5)):
    print(e.args, type(e).__name__, len(e.args))
print(str(ValueError("text")), repr(ValueError("text")), str(ValueError()), repr(ValueError(1, 2)), StopIteration(5).value, str(ValueError(5)))
