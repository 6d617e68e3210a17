# list, dict and set comprehensions, nested, with conditions and scopes of their own
x = "outer"
print([x for x in range(3)], x, [[y * z for z in range(y)] for y in range(4)], [(a, b) for a in range(3) if a for b in "xy"], {k: v for k, v in zip("ab", [1, 2])}, sorted({c for c in "hello" if c != "l"}), [a if a % 2 else -a for a in range(4)], {len(w): w for w in ("a", "bb", "cc")})
print([f(3) for f in [lambda n, k=k: n * k for k in range(3)]], sum([i for r in [[1, 2], [3]] for i in r]), [i for i in range(20) if i % 2 if i % 3])
