# type() with three arguments, __class__, __dict__, __name__
def hello(self): return "hello " + self.who
Made = type("Made", (object,), {"hello": hello, "who": "you"})
class Sub(Made): who = "me"
print(Made().hello(), Sub().hello(), Made.__name__, type(Sub()) is Sub, Sub().__class__.__name__, Sub.__bases__ == (Made,))
o = Made()
o.a, o.b = 1, 2
print(sorted(o.__dict__.items()), isinstance(o, Made), type(o) == Made, type(5), type("a") is str)
