# escapes in literals, raw text, joined literals
print("a\tb\\n", r"a\tb", "\x41\u0042\101", "one" "two" 'three', """line 1
line 2""", 'it\'s', len("\n"), len(r"\n"), "a\
b")
