# every method of dict
d = {"a": 1}
print(d.get("a"), d.get("b"), d.get("b", 0), d.setdefault("b", 2), d.setdefault("a", 9), d.pop("a"), d.pop("a", None), d)
d.update({"c": 3}); d.update([("d", 4)]); d.update(e=5); print(d, list(d.keys()), list(d.values()), list(d.items()))
e = d.copy(); e["z"] = 0; print(len(d), len(e), dict.fromkeys(["x", "y"]), dict.fromkeys("ab", 0))
print(d.popitem(), d); d.clear(); print(d)
for f in (lambda: d["x"], lambda: d.pop("x"), lambda: d.popitem()):
    try:
        f()
    except KeyError:
        print("KeyError")
