# order of text is that of its characters
words = ["b", "a", "ab", "", "B", "aa", "é", "z", "10", "9"]
print(sorted(words), "a" < "b", "a" < "ab", "Z" < "a", "" < "a", max(words), min(words), "abc" == "ab" + "c", "a" != "A", "é" > "z")
