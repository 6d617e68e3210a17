# f-strings with expressions, specifications, conversions and nesting
name, n, items = "x", 42, [1, 2]
print(f"{name}={n}", f"{n:5d}|{n:<5}|{n:#x}|{n:08b}", f"{name!r} {items} {items[0]} {n + 1} {n if n else 0}", f"{{{n}}}", f"{n:{5}}|", f"a{'b'}c", f"{len(items)}{name.upper()}", f"")
print(f"{n=}", f"line {n}\n" f"next {name}")
