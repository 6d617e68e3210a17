# delegation: values, sends, throws and results
def inner():
    try:
        x = yield "a"
        y = yield x
    except ValueError:
        yield "inner caught"
        return "after error"
    return x + y
def outer():
    result = yield from inner()
    yield "got " + result
def play(*steps):
    it, out = outer(), []
    for kind, value in steps:
        out.append(it.send(value) if kind == "send" else it.throw(value))
    return out
print(play(("send", None), ("send", "x"), ("send", "y")), play(("send", None), ("throw", ValueError()), ("send", None)))
def flat(x):
    for y in x:
        if isinstance(y, list): yield from flat(y)
        else: yield y
print(list(flat([1, [2, [3, [4]], 5], [], [[6]]])))
def chain():
    yield from "ab"
    yield from range(2)
    yield from (c for c in "yz")
    yield from {"k": 1}
print(list(chain()))
