# keys of many types, equal keys, keys that cannot be
class Key: pass
key = Key()
d = {1: "int", "1": "str", (1,): "tuple", None: "none", key: "object", b"1": "bytes", 1.5: "float", frozenset([1]): "set", int: "type", len: "function"}
print(len(d), d[1], d["1"], d[(1,)], d[None], d[key], d[b"1"], d[1.5], d[frozenset([1])], d[int], d[len], d[True])
for bad in ([], {}, set(), bytearray()):
    try:
        d[bad] = 1
    except TypeError:
        print("TypeError")
