# collections: OrderedDict keeps and compares order
from collections import OrderedDict
d = OrderedDict([("b", 1), ("a", 2)])
d["c"] = 3
d["b"] = 10
print(list(d), list(d.items()), d.pop("a"), list(d.values()), len(d), "c" in d, isinstance(d, dict), d.popitem())
