# a list that grows and shrinks while it is gone through
a = [1, 2, 3]
for x in a:
    if len(a) < 6: a.append(x * 10)
print(a)
for x in a[:]:
    if x > 5: a.remove(x)
print(a)
seen = []
for x in a:
    seen.append(x)
    a.pop()
print(seen, a)
