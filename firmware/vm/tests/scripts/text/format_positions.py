# str.format with positions, names, repeated and escaped braces
print("{} {} {}".format(1, "a", None), "{0} {1} {0}".format("a", "b"), "{x}-{y}".format(x=1, y=2), "{{}} {}".format(3), "{0}{name}".format(1, name="n"), "{!r} {!s}".format("a", "b"))
for bad, args in (("{}", ()), ("{1}", (0,)), ("{x}", ())):
    try:
        bad.format(*args)
    except (IndexError, KeyError) as e:
        print(type(e).__name__)
