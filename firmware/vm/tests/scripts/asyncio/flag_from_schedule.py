# differs from CPython: which has no ThreadSafeFlag
import asyncio, micropython
async def main():
    flag = asyncio.ThreadSafeFlag()
    async def poke():
        micropython.schedule(lambda f: f.set(), flag)
    asyncio.create_task(poke())
    await flag.wait()
    print("woken", flag.state)
asyncio.run(main())
