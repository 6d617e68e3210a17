# sets: operators, methods, comparisons
a, b = {1, 2, 3}, {3, 4}
print(sorted(a | b), sorted(a & b), sorted(a - b), sorted(a ^ b), a <= b, {3} < b, a >= {1}, a == {3, 2, 1}, a != b, 1 in a, len(a | b))
print(sorted(a.union(b)), sorted(a.intersection(b)), sorted(a.difference(b)), sorted(a.symmetric_difference(b)), a.isdisjoint({9}), {3}.issubset(b), a.issuperset({1}))
a.add(9); a.discard(1); a.discard(100); a.remove(2); a.update([7, 8]); print(sorted(a), sorted(a.copy()))
try:
    a.remove(100)
except KeyError:
    print("KeyError")
a &= {7, 8, 9}; a |= {0}; a -= {9}; a ^= {0, 5}; print(sorted(a)); a.clear(); print(a, len(a))
