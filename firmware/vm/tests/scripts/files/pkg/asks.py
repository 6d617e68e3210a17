def inner():
    return __import__("inner", globals(), None, ("value",), 1).value
def package():
    return __import__("", globals(), None, ("name",), 1).name
def leaf():
    return __import__("sub.leaf", globals(), None, ("path",), 1).__name__
