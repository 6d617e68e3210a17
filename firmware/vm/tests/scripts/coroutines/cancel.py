# asyncio: tasks are cancelled, clean up, and say so
import asyncio
async def long():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("cancelled")
        raise
    finally:
        print("finally")
async def main():
    t = asyncio.create_task(long())
    await asyncio.sleep(0.01)
    print(t.done(), t.cancel())
    try:
        await t
    except asyncio.CancelledError:
        print("seen")
    print(t.done())
asyncio.run(main())
