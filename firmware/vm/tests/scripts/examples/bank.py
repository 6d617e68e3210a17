# a program: accounts, transfers and what goes wrong
class Error(Exception): pass
class Account:
    def __init__(self, owner, balance=0): self.owner, self.balance, self.history = owner, balance, []
    def withdraw(self, amount):
        if amount > self.balance: raise Error("%s lacks %d" % (self.owner, amount - self.balance))
        self.balance -= amount
        self.history.append(-amount)
    def deposit(self, amount):
        self.balance += amount
        self.history.append(amount)
def transfer(a, b, amount):
    before = a.balance, b.balance
    try:
        a.withdraw(amount)
        if amount == 13: raise Error("unlucky")
        b.deposit(amount)
    except Error as e:
        a.balance, b.balance = before
        return str(e)
    return "ok"
a, b = Account("ann", 100), Account("bob")
print([transfer(a, b, n) for n in (30, 13, 80, 50)], a.balance, b.balance, a.history, b.history)
