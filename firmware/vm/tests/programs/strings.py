def main():
    s = "Hello, World"
    r = [s[0], s[-1], s[2:5], s[::-1], s[::3], len(s), s.upper(), s.lower(), s.find("o"), s.rfind("o"), s.find("zz"), s.count("l")]
    r += ["a,b,,c".split(","), "  a  b ".split(), "a b c".split(" ", 1), "-".join(["x", "y", "z"]), "".join([]), "abc" * 3, "ab" + "cd"]
    r += [" x ".strip(), "xxaxx".strip("x"), " a".lstrip(), "a ".rstrip(), "banana".replace("an", "<>"), "banana".replace("a", "", 2)]
    r += ["abc".startswith("ab"), "abc".endswith("bc"), "12".isdigit(), "ab".isalpha(), " \t".isspace(), "a" < "b", "ab" == "a" + "b"]
    r += [repr("it's"), repr('say "x"'), "tab\t\n\\", str(12), str([1, "a"]), ord("A"), chr(66), "b" in "abc", "abc".index("c")]
    r += ["%d %5d|%-5d|%05d %x %X %o %s %r %%" % (1, 2, 3, -4, 255, 255, 8, "s", "r"), "%s" % 5, "%c%c" % ("a", 66), "%.2s|%5s|%-5s|" % ("abc", "x", "y")]
    r += ["é"[0], len("né"), "né"[::-1], [c for c in "aé"], "é".find("é"), "néa".find("a")]
    return r
