# center and texts laid out by formats
print("[" + "ab".center(6) + "]", "[" + "ab".center(7) + "]", "[" + "abc".center(2) + "]")
for word in ("a", "word", "longer"):
    print("[{:<8}] [{:>8}] [{:^8}] [{:*^8}] [{:.3}]".format(word, word, word, word, word))
