# exceptions thrown in, caught, turned into values and passed on
def g():
    n = 0
    while True:
        try:
            n = yield n
        except ValueError as e:
            n = "caught " + str(e)
it = g()
print(next(it), it.send(5), it.throw(ValueError("a")), it.throw(ValueError("b")), it.send(1))
try:
    it.throw(KeyError("k"))
except KeyError as e:
    print("KeyError", e.args)
print(next(it, "ended"))
fresh = g()
try:
    fresh.throw(ValueError("early"))
except ValueError as e:
    print(e)
