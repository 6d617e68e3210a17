s = "hello world"
print(s[0], s[-1], s[2:5], s[::-1], s[::2], len(s))
print(s.upper(), s.split(), s.split("o"), "-".join(["a", "b"]), s.replace("l", "L"), s.find("wor"), s.count("o"))
print("  x ".strip(), "abc" < "abd", "a" * 3, "b" in "abc", s.startswith("he"), s.endswith("ld"))
print("%d %s %r %5d|%-5s|%05d" % (1, "two", "three", 4, "five", 6))
print("é€" + "x", len("é€"), "é€"[1], ord("é"), chr(8364))
print(repr("a'b"), repr('a"b'), repr("\n\t\\"))
