# asyncio: a lock is taken in turn
import asyncio
async def worker(lock, name, log):
    for i in range(2):
        async with lock:
            log.append(name + str(i) + "in")
            await asyncio.sleep(0.001)
            log.append(name + str(i) + "out")
async def main():
    lock, log = asyncio.Lock(), []
    await asyncio.gather(worker(lock, "a", log), worker(lock, "b", log))
    print(all(x[:2] == y[:2] for x, y in zip(log[::2], log[1::2])), len(log), lock.locked())
asyncio.run(main())
