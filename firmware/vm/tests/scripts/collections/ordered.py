from collections import OrderedDict
d = OrderedDict()
d["b"] = 1
d["a"] = 2
print(list(d.items()), d["a"])
d["b"] = 3
print(list(d))
