# as MicroPython, differs from CPython: in a dict display values are evaluated before their keys
def say(x):
    print(x, end=" ")
    return x
print({say("key"): say("value")})
