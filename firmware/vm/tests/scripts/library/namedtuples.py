# collections: namedtuple fields, positions, equality, unpacking
from collections import namedtuple
P = namedtuple("P", ("x", "y"))
p, q = P(1, 2), P(y=4, x=3)
x, y = q
print(p, q, p.x, p[1], x, y, p == P(1, 2), p == (1, 2), len(p), list(p), p + (3,), sorted([q, p]), isinstance(p, tuple), {p: "key"}[P(1, 2)])
for bad in (lambda: P(1), lambda: P(1, 2, 3), lambda: p.z, lambda: setattr(p, "x", 5)):
    try:
        bad()
    except (TypeError, AttributeError) as e:
        print(type(e).__name__)
