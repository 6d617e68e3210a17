class Watched:
    def __setattr__(self, name, value):
        print("set", name, value)
        object.__setattr__(self, name, value)
    def __delattr__(self, name):
        print("del", name)
        object.__delattr__(self, name)
w = Watched()
w.a = 1
w.a = 2
print(w.a)
w.a += 5
del w.a
print(hasattr(w, "a"))
setattr(w, "b", 3)
print(w.b)

class Child(Watched):
    def __init__(self):
        self.c = 9
print(Child().c)

class Frozen:
    def __setattr__(self, name, value):
        raise AttributeError(name)
try:
    Frozen().x = 1
except AttributeError as e:
    print("AttributeError", e)
