# asyncio: gather keeps the order; exceptions as results
import asyncio
async def job(n):
    await asyncio.sleep((5 - n) / 1000)
    if n == 3: raise ValueError(n)
    return n * n
async def main():
    print(await asyncio.gather(job(1), job(2), job(4)))
    got = await asyncio.gather(job(1), job(3), return_exceptions=True)
    print(got[0], type(got[1]).__name__)
    try:
        await asyncio.gather(job(3))
    except ValueError as e:
        print("ValueError", e.args)
asyncio.run(main())
