# descriptors with __get__, __set__ and __delete__
class Positive:
    def __init__(self, name): self.name = "_" + name
    def __get__(self, obj, cls): return "class" if obj is None else getattr(obj, self.name, 0)
    def __set__(self, obj, value):
        if value < 0: raise ValueError(self.name)
        setattr(obj, self.name, value)
    def __delete__(self, obj): delattr(obj, self.name)
class Account:
    balance = Positive("balance")
a = Account()
a.balance = 10
a.balance += 5
print(a.balance, Account.balance)
try:
    a.balance = -1
except ValueError as e:
    print("ValueError", e)
del a.balance
print(a.balance)
