# async with: enter, exit, exceptions
class M:
    def __init__(self, swallow): self.swallow = swallow
    async def __aenter__(self):
        print("enter")
        return "entered"
    async def __aexit__(self, kind, value, trace):
        print("exit", kind and kind.__name__)
        return self.swallow
async def f():
    async with M(False) as m: print(m)
    async with M(True): raise ValueError
    try:
        async with M(False): raise KeyError
    except KeyError: print("caught")
    return "end"
try:
    f().send(None)
except StopIteration as e:
    print(e.value)
