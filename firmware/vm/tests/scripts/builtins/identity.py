# is, None, Ellipsis, NotImplemented, singletons
a = b = []
print(a is b, a is not [], None is None, ... is Ellipsis, NotImplemented is NotImplemented, True is True, (1 == 1) is True, not None, type(None).__name__)
