class C:
    def __init__(self, swallow):
        self.swallow = swallow
    async def __aenter__(self):
        print("enter")
        return self
    async def __aexit__(self, kind, value, trace):
        print("exit", kind.__name__ if kind else None)
        return self.swallow
def run(coro):
    try:
        coro.send(None)
    except StopIteration as e:
        return e.value
async def returning():
    async with C(False):
        return "value"
async def swallowing():
    async with C(True):
        raise ValueError("x")
    return "after"
async def breaking():
    for i in range(3):
        async with C(False):
            if i == 1:
                break
    return i
async def passing_on():
    try:
        async with C(False):
            raise KeyError("k")
    except KeyError as e:
        return e
async def nested():
    async with C(False) as a, C(True) as b:
        raise ValueError
    return a.swallow, b.swallow
for f in (returning, swallowing, breaking, passing_on, nested):
    print(f.__name__, run(f()))
