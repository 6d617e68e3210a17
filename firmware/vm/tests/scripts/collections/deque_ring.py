from collections import deque
q = deque((), 4)
for i in range(20):
    q.append(i)
    if i % 3 == 0:
        q.popleft()
print(list(q))
for i in range(6):
    q.appendleft(i)
print(list(q))
big = deque()
for i in range(50):
    big.append(i)
    big.appendleft(-i)
print(len(big), big[0], big[-1], sum(big))
