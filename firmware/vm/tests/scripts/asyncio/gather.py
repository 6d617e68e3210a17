import asyncio
async def f(x, delay):
    await asyncio.sleep(delay)
    return x * 2
async def fail():
    raise ValueError("bad")
async def main():
    print(await asyncio.gather(f(1, 0.02), f(2, 0.01), f(3, 0)))
    results = await asyncio.gather(f(1, 0), fail(), return_exceptions=True)
    print(results[0], type(results[1]).__name__)
    try:
        await asyncio.gather(fail())
    except ValueError as e:
        print("ValueError", e)
asyncio.run(main())
