# replace with and without a limit
s = "one two one"
print(s.replace("one", "1"), s.replace("one", "1", 1), s.replace("x", "y"), s.replace("one", ""), "aaa".replace("aa", "b"), "ab".replace("", "-"), s.replace("one", "a longer one"), s.replace("one", "1", 0))
