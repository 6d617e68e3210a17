# async for over an object with __aiter__ and __anext__, with else
class Count:
    def __init__(self, n): self.i, self.n = 0, n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.i == self.n: raise StopAsyncIteration
        self.i += 1
        return self.i
async def f():
    out = []
    async for x in Count(4):
        if x == 2: continue
        out.append(x)
    else:
        out.append("else")
    async for x in Count(9):
        if x == 3: break
        out.append(-x)
    return out
try:
    f().send(None)
except StopIteration as e:
    print(e.value)
