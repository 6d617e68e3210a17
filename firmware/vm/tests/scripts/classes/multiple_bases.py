# two bases, a mixin, the order they are searched in
class Walk:
    def move(self): return "walk"
    def legs(self): return 2
class Swim:
    def move(self): return "swim"
    def fins(self): return 1
class Both(Walk, Swim):
    def all(self): return self.move(), Walk.move(self), Swim.move(self), self.legs(), self.fins()
class Text:
    def __str__(self): return "<%s>" % self.move()
class Named(Text, Both): pass
n = Named()
print(n.all(), str(n), isinstance(n, Swim), issubclass(Named, Walk), isinstance(n, (int, Text)))
