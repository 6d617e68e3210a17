# coroutines awaiting each other, results and exceptions
async def leaf(n):
    if n < 0: raise ValueError(n)
    return n * 2
async def middle(n): return await leaf(n) + await leaf(n + 1)
async def top():
    out = []
    for i in range(3): out.append(await middle(i))
    try:
        await leaf(-1)
    except ValueError as e:
        out.append(e.args)
    return out
def run(c):
    try:
        while True: c.send(None)
    except StopIteration as e:
        return e.value
print(run(top()), run(leaf(4)))
