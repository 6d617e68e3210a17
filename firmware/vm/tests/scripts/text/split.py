# split and rsplit, by blanks and by text
print("a b  c".split(), " a b ".split(" "), "a,b,,c".split(","), "".split(), "".split(","), "a,b,c".split(",", 1), "a b c d".split(None, 2))
print("a,b,c".rsplit(",", 1), "a b c".rsplit(None, 1), "abc".split("abc"), "a--b--c".split("--"), "a\nb\n".splitlines(), "a\r\nb\nc".splitlines(True))
try:
    "a".split("")
except ValueError:
    print("ValueError")
