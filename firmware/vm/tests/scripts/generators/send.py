# values sent in, an average that goes on
def average():
    total = count = 0
    mean = None
    while True:
        x = yield mean
        if x is None: return total
        total += x
        count += 1
        mean = total // count
a = average()
print(next(a), a.send(10), a.send(20), a.send(60))
try:
    a.send(None)
except StopIteration as e:
    print(e.value)
try:
    average().send(1)
except TypeError:
    print("TypeError")
