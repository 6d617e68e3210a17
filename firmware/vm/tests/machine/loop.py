from machine import Timer

seen = [0]


def count(timer):
    seen.append(seen[-1] + 1)


timer = Timer(-1, period=10, callback=count)
while seen[-1] < 3:
    pass
timer.deinit()
print(seen[1:])
