# a program: a linked list with iteration and reversal
class Node:
    def __init__(self, value, next=None): self.value, self.next = value, next
class Chain:
    def __init__(self, items=()):
        self.head = None
        for item in reversed(list(items)): self.head = Node(item, self.head)
    def __iter__(self):
        node = self.head
        while node:
            yield node.value
            node = node.next
    def reverse(self):
        node, self.head = self.head, None
        while node: node.next, self.head, node = self.head, node, node.next
    def __len__(self): return sum(1 for _ in self)
c = Chain("abcd")
c.reverse()
print(list(c), len(c), "b" in c, Chain().head, list(Chain()))
