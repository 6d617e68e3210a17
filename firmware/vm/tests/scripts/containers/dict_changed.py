# a dictionary's values may change while it is gone through
d = {"a": 1, "b": 2, "c": 3}
for key in d:
    d[key] *= 10
for key, value in list(d.items()):
    if value > 10:
        del d[key]
print(d)
