# text is gone through by characters
for i, c in enumerate("héy"):
    print(i, c)
print(list("abc"), tuple("ab"), set("a"), sorted("bca"), list(reversed("abc")), [c + c for c in "xy"], dict(zip("ab", "cd")), max("hello"), list(map(ord, "AZ")), all("ab"))
