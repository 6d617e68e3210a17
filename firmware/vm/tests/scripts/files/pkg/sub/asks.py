def inner():
    return __import__("inner", globals(), None, ("value",), 2).value
def package():
    return __import__("", globals(), None, ("leaf",), 1).leaf.__name__
def beyond():
    return __import__("pkg", globals(), None, (), 4)
