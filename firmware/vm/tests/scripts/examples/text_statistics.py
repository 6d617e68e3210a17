# a program: statistics of a text
text = """The quick brown fox jumps over the lazy dog.
The dog sleeps. The fox runs!"""
words = [w.strip(".!").lower() for w in text.split()]
counts = {}
for w in words: counts[w] = counts.get(w, 0) + 1
letters = {}
for c in text.lower():
    if c.isalpha(): letters[c] = letters.get(c, 0) + 1
print(len(text.split("\n")), len(words), sorted(counts.items(), key=lambda p: (-p[1], p[0]))[:4], max(words, key=len), "".join(sorted(letters)), sum(letters.values()))
