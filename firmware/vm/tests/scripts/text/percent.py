# the % operator with widths, signs, tuples and a dictionary
print("%s %r %d %i %5d|%-5d|%05d|%+d|%x|%X|%o|%c|%c|%%" % ("s", "r", 1, 2, 3, 4, 5, 6, 255, 255, 8, "c", 65))
print("%s" % 5, "%s" % (5,), "%10s|%-10s|" % ("a", "b"), "%.2s" % "abc", "%*d" % (5, 42), "%(a)s-%(b)d" % {"a": 1, "b": 2})
for f in (lambda: "%d" % "a", lambda: "%s %s" % 1, lambda: "%s" % (1, 2)):
    try:
        print(f())
    except TypeError:
        print("TypeError")
