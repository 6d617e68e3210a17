# asyncio: an event wakes all that wait
import asyncio
async def waiter(event, n):
    await event.wait()
    return n
async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(event, n)) for n in range(3)]
    await asyncio.sleep(0.001)
    print(event.is_set(), [t.done() for t in tasks])
    event.set()
    print(await asyncio.gather(*tasks), event.is_set())
    event.clear()
    try:
        await asyncio.wait_for(event.wait(), 0.005)
    except asyncio.TimeoutError:
        print("timeout")
asyncio.run(main())
