# UTF-8 text counts characters, not bytes
s = "aé€😀z"
print(len(s), s[1], s[2], s[3], s[::-1], s[1:4], list(s), [ord(c) for c in s], s.find("€"), s.index("z"), "😀" in s)
print(len(s.encode()), s.encode(), s.encode().decode() == s, chr(0x20AC), chr(128512), s.upper()[0], s * 2)
