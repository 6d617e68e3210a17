from ..inner import value
def path():
    return value + " from " + __name__
