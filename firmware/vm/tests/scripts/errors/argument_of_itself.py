# an exception that is its own argument, alone and by way of another
a, b = ValueError("a"), KeyError("b")
def look(e):
    for text in (str, repr):
        try:
            print(text(e))
        except RecursionError:
            print(text.__name__, "goes too deep")
look(a)
look(b)
a.__init__(b)
look(a)
b.__init__(a)
look(a)
look(b)
a.__init__(a)
look(a)
a.__init__("again")
look(a)
look(b)
