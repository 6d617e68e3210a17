def hello(self):
    return "hello " + self.name
Person = type("Person", (), {"hello": hello, "name": "nobody"})
p = Person()
print(p.hello(), Person.__name__)
p.name = "ann"
print(p.hello())
Child = type("Child", (Person,), {"age": 5})
print(Child().hello(), Child().age, isinstance(Child(), Person))
print(type(1) is int, type("") is str, type(p) is Person, type(Person) is type)
