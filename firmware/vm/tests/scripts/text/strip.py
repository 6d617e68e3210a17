# strip, lstrip, rstrip of blanks and of sets of characters
print(["  a b ".strip(), "  a ".lstrip(), "  a ".rstrip(), "xxaxx".strip("x"), "abcba".strip("ab"), "abc".lstrip("ab"), "abc".rstrip("bc"), "".strip(), "\t\na\r\n".strip()])
