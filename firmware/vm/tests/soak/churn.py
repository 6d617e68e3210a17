# Objects of every kind and of many sizes come and go in a heap that is half full; each call makes a million of them.
KEPT = 160
kept = [None] * KEPT
state = [1]


class Node:
    def __init__(self, value):
        self.value = value


def count(n):
    yield n


def holder(n):
    return lambda: n


def largest():
    low, high = 0, 1 << 20
    while low + 8 < high:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
    return low


def main():
    x = state[0]
    for i in range(1000000):
        # Two generators of different periods, so that kinds, sizes and places do not repeat together.
        x = (x * 75 + 74) % 65537
        kind, n = x & 7, i * 7919 % 41
        if kind == 0:
            made = [None] * n
        elif kind == 1:
            made = bytearray(n * 4)
        elif kind == 2:
            made = "x" * (n + 2)
        elif kind == 3:
            made = {i: n, "n": x}
        elif kind == 4:
            made = Node(n)
        elif kind == 5:
            made = holder(n)
        elif kind == 6:
            made = count(n)
        else:
            made = (x, n, i)
        kept[(x >> 3) % KEPT] = made
    state[0] = x
    return largest()
