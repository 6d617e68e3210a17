named = []
class Typed:
    def __init__(self, kind):
        self.kind = kind
    def __set_name__(self, owner, name):
        self.name = "_" + name
        named.append(owner.__name__ + "." + name)
    def __get__(self, instance, owner):
        if instance is None:
            return "on class"
        return getattr(instance, self.name, None)
    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError("wrong type")
        setattr(instance, self.name, value)
    def __delete__(self, instance):
        delattr(instance, self.name)
class Point:
    x = Typed(int)
    y = Typed(str)
print(sorted(named))
p = Point()
p.x = 5
p.y = "a"
print(p.x, p.y, Point.x)
try:
    p.x = "no"
except TypeError as e:
    print(e)
del p.x
print(p.x)
