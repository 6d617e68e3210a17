class Animal:
    count = 0
    def __init__(self, name):
        self.name = name
        Animal.count += 1
    def speak(self):
        return self.name + " makes a sound"
class Dog(Animal):
    def speak(self):
        return super().speak() + ": woof"
a, d = Animal("cat"), Dog("rex")
print(a.speak(), d.speak(), Animal.count, isinstance(d, Animal), issubclass(Dog, Animal), type(d).__name__)
m = d.speak
print(m())
Dog.speak = lambda self: "patched"
print(d.speak())
class Callable:
    def __call__(self, *args, **kw):
        return args, kw
print(Callable()(1, x=2))
