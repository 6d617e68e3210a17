import asyncio
async def work(name, n, ms):
    for i in range(n):
        print(name, i)
        await asyncio.sleep(ms / 1000)
    return name
async def main():
    a = asyncio.create_task(work("a", 3, 10))
    b = asyncio.create_task(work("b", 2, 16))
    print(await a, await b)
    return "done"
print(asyncio.run(main()))
