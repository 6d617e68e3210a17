d = {"a": 1, "b": 2}
print(d.popitem(), d)
print(dict.fromkeys("ab"), dict.fromkeys([1, 2], 0))
try:
    {}.popitem()
except KeyError:
    print("KeyError")
