# a program that shifts letters
def shift(text, n):
    out = []
    for c in text:
        if "a" <= c <= "z":
            c = chr((ord(c) - 97 + n) % 26 + 97)
        elif "A" <= c <= "Z":
            c = chr((ord(c) - 65 + n) % 26 + 65)
        out.append(c)
    return "".join(out)
secret = shift("The Quick Brown Fox, 42!", 13)
print(secret, shift(secret, 13), shift("abc", -1))
