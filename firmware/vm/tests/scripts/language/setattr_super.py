class Base:
    pass
class Upper(Base):
    def __setattr__(self, name, value):
        super().__setattr__(name.upper(), value)
u = Upper()
u.name = "x"
print(u.NAME)
