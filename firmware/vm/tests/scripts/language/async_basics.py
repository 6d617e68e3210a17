async def add(a, b):
    return a + b
async def main():
    x = await add(1, 2)
    y = await add(x, 10)
    return y
def run(coro):
    try:
        coro.send(None)
    except StopIteration as e:
        return e.value
print(run(main()))
class Ctx:
    async def __aenter__(self):
        print("aenter")
        return 5
    async def __aexit__(self, *args):
        print("aexit", args[0])
class Range:
    def __init__(self, n):
        self.i, self.n = 0, n
    def __aiter__(self):
        return self
    async def __anext__(self):
        if self.i == self.n:
            raise StopAsyncIteration
        self.i += 1
        return self.i
async def more():
    async with Ctx() as c:
        print("in", c)
    async for x in Range(3):
        print(x)
    else:
        print("else")
run(more())
