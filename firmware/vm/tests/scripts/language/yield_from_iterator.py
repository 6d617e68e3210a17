class Count:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        return self
    def __next__(self):
        if self.n == 0:
            raise StopIteration("done")
        self.n -= 1
        return self.n
    def send(self, value):
        return ("sent", value)
def g():
    result = yield from Count(2)
    print("result", result)
print(list(g()))
def h():
    yield from Count(5)
it = h()
print(next(it), it.send("x"), next(it))
