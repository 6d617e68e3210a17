# differs from CPython: which has no machine
import asyncio, machine

flag = asyncio.ThreadSafeFlag()
log = []


async def waits():
    for turn in range(3):
        await flag.wait()
        log.append(turn)


async def main():
    timer = machine.Timer(-1, mode=machine.Timer.PERIODIC, period=5, callback=lambda timer: flag.set())
    task = asyncio.create_task(waits())
    await task
    timer.deinit()
    print(log)


asyncio.run(main())
