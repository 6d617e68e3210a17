# collections: a deque with a limit as a ring, a queue and a window
from collections import deque
d = deque((), 3)
for i in range(5): d.append(i)
print(list(d), len(d), d.popleft(), d.pop(), list(d))
d.appendleft(9); d.append(8); d.append(7)
print(list(d), d[0], d[-1], bool(d), 7 in list(d))
window, means = deque((), 4), []
for x in (4, 8, 6, 2, 10, 12):
    window.append(x)
    means.append(sum(window) // len(window))
print(means)
try:
    deque((), 2).popleft()
except IndexError:
    print("IndexError")
