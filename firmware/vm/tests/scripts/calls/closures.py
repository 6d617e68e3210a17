# closures read and write the variables around them
def account(balance):
    def deposit(n):
        nonlocal balance
        balance += n
        return balance
    def read(): return balance
    return deposit, read
d1, r1 = account(10)
d2, r2 = account(0)
d1(5); d2(1); d1(1)
print(r1(), r2())
def three():
    x = 1
    def two():
        nonlocal x
        y = x + 1
        def one():
            nonlocal x, y
            x, y = x + 10, y + 100
            return x, y
        return one
    return two()
one = three()
print(one(), one())
