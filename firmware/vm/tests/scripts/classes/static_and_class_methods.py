# staticmethod and classmethod, through classes, instances and bases
class Shape:
    count = 0
    def __init__(self): Shape.count += 1
    @staticmethod
    def unit(): return "cm"
    @classmethod
    def make(cls, *args): return cls(*args)
    @classmethod
    def label(cls): return cls.__name__ + cls.unit()
class Square(Shape):
    def __init__(self, side=1):
        super().__init__()
        self.side = side
    @staticmethod
    def unit(): return "mm"
s = Square.make(4)
print(s.side, type(s).__name__, Shape.label(), Square.label(), s.label(), s.unit(), Shape.unit(), Shape.count)
