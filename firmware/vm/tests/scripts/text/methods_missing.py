# what text has not, and cannot
s = "abc"
for f in (lambda: s.nothing, lambda: s.append("d"), lambda: s + 1, lambda: s - "a", lambda: s["a"], lambda: s.find(1), lambda: s.split(1)):
    try:
        f()
        print("no error")
    except (AttributeError, TypeError) as e:
        print(type(e).__name__)
try:
    s[0] = "x"
except TypeError:
    print("TypeError")
try:
    del s[0]
except TypeError:
    print("TypeError")
