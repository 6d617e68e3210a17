# a program: customers in a queue
class Customer:
    def __init__(self, number, work): self.number, self.work = number, work
class Counter:
    def __init__(self): self.queue, self.done = [], []
    def arrive(self, customer): self.queue.append(customer)
    def tick(self):
        if self.queue:
            first = self.queue[0]
            first.work -= 1
            if not first.work: self.done.append(self.queue.pop(0).number)
counters = [Counter(), Counter()]
for time in range(30):
    if time % 2 == 0 and time < 16:
        shortest = min(counters, key=lambda c: len(c.queue))
        shortest.arrive(Customer(time // 2, 2 + time % 5))
    for c in counters: c.tick()
print([c.done for c in counters], [len(c.queue) for c in counters])
