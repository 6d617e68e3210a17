# asyncio: tasks wake in the order of their times
import asyncio
async def wait(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name)
    return name
async def main():
    tasks = [asyncio.create_task(wait(n, ms)) for n, ms in (("c", 90), ("a", 10), ("b", 50))]
    await asyncio.sleep(0)
    print("started")
    for t in tasks: print("->", await t)
    return "main"
print(asyncio.run(main()))
