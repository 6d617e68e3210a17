import asyncio
async def bad():
    await asyncio.sleep(0)
    raise KeyError("k")
async def main():
    t = asyncio.create_task(bad())
    try:
        await t
    except KeyError as e:
        print("KeyError", e)
    await bad()
try:
    asyncio.run(main())
except KeyError:
    print("out of run")
