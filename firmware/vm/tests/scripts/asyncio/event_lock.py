import asyncio
async def waiter(event, name):
    await event.wait()
    print(name, "woken")
async def user(lock, name):
    async with lock:
        print(name, "in")
        await asyncio.sleep(0.01)
        print(name, "out")
async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(event, n)) for n in "ab"]
    await asyncio.sleep(0.01)
    print("set", event.is_set())
    event.set()
    for t in tasks:
        await t
    lock = asyncio.Lock()
    await asyncio.gather(user(lock, "x"), user(lock, "y"))
    print(lock.locked())
asyncio.run(main())
