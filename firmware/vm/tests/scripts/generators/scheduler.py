# a program: tasks as generators, round robin
def task(name, n):
    for i in range(n):
        print(name, i, end="; ")
        yield
    return name
ready, done = [task("a", 2), task("b", 3), task("c", 1)], []
while ready:
    t = ready.pop(0)
    try:
        next(t)
        ready.append(t)
    except StopIteration as e:
        done.append(e.value)
print(done)
