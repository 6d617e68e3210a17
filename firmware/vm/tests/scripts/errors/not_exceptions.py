# raising what is no exception
for bad in (5, "text", None, [], int):
    try:
        raise bad
    except TypeError:
        print("TypeError")
try:
    try:
        raise ValueError
    except "text":
        pass
except TypeError:
    print("TypeError")
