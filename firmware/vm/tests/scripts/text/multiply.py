# repetition and concatenation
print("ab" * 3, 3 * "ab", "ab" * 0, "ab" * -1, "a" + "b" + "", ("-" * 10)[:4])
s = ""
for i in range(20):
    s += str(i)
print(s, len(s))
