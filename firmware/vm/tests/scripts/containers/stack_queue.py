# a stack, a ring and a heap of lists
stack = []
for c in "((a)(b))":
    if c == "(": stack.append([])
    elif c == ")":
        top = stack.pop()
        (stack[-1] if stack else print).append(top) if stack else print(top)
    else: stack[-1].append(c)
def push(heap, x):
    heap.append(x)
    i = len(heap) - 1
    while i and heap[i] < heap[(i - 1) // 2]:
        heap[i], heap[(i - 1) // 2] = heap[(i - 1) // 2], heap[i]
        i = (i - 1) // 2
def pop(heap):
    heap[0], heap[-1] = heap[-1], heap[0]
    x, i = heap.pop(), 0
    while True:
        j = 2 * i + 1
        if j + 1 < len(heap) and heap[j + 1] < heap[j]: j += 1
        if j >= len(heap) or heap[i] <= heap[j]: return x
        heap[i], heap[j] = heap[j], heap[i]
        i = j
heap = []
for x in (5, 2, 8, 1, 9, 3): push(heap, x)
print([pop(heap) for _ in range(6)])
