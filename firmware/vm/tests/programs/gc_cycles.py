class Node:
    def __init__(self, v):
        self.v = v
        self.next = self
def main():
    total = 0
    for i in range(3000):
        n = Node(i); m = Node(i); n.next = m; m.next = n
        l = [n]; l.append(l)
        total += n.next.v
    chain = None
    for i in range(150):
        chain = (i, chain)
    junk = [[i] for i in range(100)]
    length = 0
    while chain:
        length += 1; chain = chain[1]
    return total % 10007, length, len(junk)
