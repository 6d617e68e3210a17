# arguments, operands and assignments are evaluated from left to right
def say(x):
    print(x, end=" ")
    return x
print(say(1) + say(2) * say(3))
print([say(1), say(2)], (say(3), say(4)))
def f(*args, **kw): return len(args) + len(kw)
print(f(say("a"), *[say("b")], k=say("c")))
d = {}
d[say("key")] = say("value")
print(say(0) and say(1) or say(2), say(3) if say(1) else say(4), say(1) < say(2) < say(0) < say(9))
