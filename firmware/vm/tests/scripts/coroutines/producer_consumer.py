# asyncio: a program: a bounded queue of a list and two events
import asyncio
class Queue:
    def __init__(self, n): self.items, self.n, self.changed = [], n, asyncio.Event()
    async def put(self, x):
        while len(self.items) >= self.n: await self.change()
        self.items.append(x); self.changed.set()
    async def get(self):
        while not self.items: await self.change()
        x = self.items.pop(0); self.changed.set()
        return x
    async def change(self):
        self.changed.clear()
        await self.changed.wait()
async def producer(q):
    for i in range(6): await q.put(i)
    await q.put(None)
async def consumer(q, out):
    while True:
        x = await q.get()
        if x is None: return out
        out.append(x * x)
async def main():
    q = Queue(2)
    print((await asyncio.gather(producer(q), consumer(q, [])))[1])
asyncio.run(main())
