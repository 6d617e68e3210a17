# containers in containers, gone through and changed
data = {"list": [1, {"deep": (1, [2, 3])}], "set": {1}, 5: {"five": None}}
data["list"][1]["deep"][1].append(4)
data["new"] = [data["list"]]
print(data, data["new"][0][1]["deep"][1][-1])
def depth(x):
    if isinstance(x, dict): x = list(x.values())
    if isinstance(x, (list, tuple)): return 1 + max([depth(y) for y in x] or [0])
    return 0
print(depth(data))
