from collections import deque
d = deque([1, 2, 3], 5)
d.append(4)
d.appendleft(0)
print(list(d), len(d), d[0], d[-1], d)
d.append(5)
print(list(d), d.popleft(), d.pop(), list(d), 3 in d)
d.extend("ab")
print(list(d), bool(d))
d.clear()
print(list(d), bool(d))
try:
    d.pop()
except IndexError:
    print("IndexError")
d.append("x")
d[0] = "y"
print(d[0])
