class Single:
    instance = None
    def __new__(cls):
        if cls.instance is None:
            cls.instance = object.__new__(cls)
        return cls.instance
print(Single() is Single())
class WithInit:
    def __new__(cls, x):
        self = super().__new__(cls)
        self.made = x
        return self
    def __init__(self, x):
        self.x = x * 2
w = WithInit(4)
print(w.made, w.x)
class Other:
    def __new__(cls):
        return 42
print(Other())
