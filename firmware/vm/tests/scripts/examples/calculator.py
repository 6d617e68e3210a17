# a program: an expression is read and evaluated
def tokens(text):
    i = 0
    while i < len(text):
        c = text[i]
        if c.isdigit():
            j = i
            while j < len(text) and text[j].isdigit(): j += 1
            yield int(text[i:j])
            i = j
        else:
            if c != " ": yield c
            i += 1
    while True: yield None
class Parser:
    def __init__(self, text): self.it = tokens(text); self.next()
    def next(self): self.token = next(self.it)
    def sum(self):
        value = self.product()
        while self.token in ("+", "-"):
            op = self.token
            self.next()
            value = value + self.product() if op == "+" else value - self.product()
        return value
    def product(self):
        value = self.atom()
        while self.token in ("*", "/"):
            op = self.token
            self.next()
            value = value * self.atom() if op == "*" else value // self.atom()
        return value
    def atom(self):
        token = self.token
        self.next()
        if token == "(":
            value = self.sum()
            if self.token != ")": raise SyntaxError("expected )")
            self.next()
            return value
        if token == "-": return -self.atom()
        if not isinstance(token, int): raise SyntaxError("unexpected %r" % token)
        return token
for text in ("1 + 2 * 3", "(1 + 2) * 3", "-(4 - 10) / 2", "2 * (3 + (4 - 1)) * 10", "1 +", "(1", "7 / 0"):
    try:
        print(text, "=", Parser(text).sum())
    except (SyntaxError, ZeroDivisionError) as e:
        print(text, type(e).__name__)
