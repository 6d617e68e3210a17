# repr of text with quotes, escapes and control characters
for s in ("plain", "it's", 'say "x"', "both ' and \"", "tab\tnewline\n", "back\\slash", "\x00\x01\x7f", "\r", "é"):
    print(repr(s), [s], str(s) == s)
