# a program: run lengths of text by generators
def groups(text):
    last, n = None, 0
    for c in text:
        if c == last: n += 1
        else:
            if n: yield last, n
            last, n = c, 1
    if n: yield last, n
def encode(text): return "".join(c if n == 1 else "%d%s" % (n, c) for c, n in groups(text))
def decode(text):
    out, n = "", ""
    for c in text:
        if c.isdigit(): n += c
        else:
            out += c * int(n or 1)
            n = ""
    return out
for t in ("", "a", "aaabccddddddddddddde", "abc"): print(encode(t), decode(encode(t)) == t)
