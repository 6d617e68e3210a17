# every method of list
a = [3, 1, 2]
a.append(4); a.extend((5, 6)); a.insert(0, 0); a.insert(-1, 9); a.insert(100, 7)
print(a, a.pop(), a.pop(0), a.pop(-2), a.index(2), a.count(1), a)
a.remove(9 if 9 in a else 5); a.reverse(); print(a)
a.sort(); print(a); a.sort(reverse=True); print(a); a.sort(key=lambda x: -x); print(a, a.copy(), a.copy() is a)
a.clear(); print(a)
for f in (lambda: a.pop(), lambda: a.remove(1), lambda: a.index(1)):
    try:
        f()
    except (IndexError, ValueError) as e:
        print(type(e).__name__)
