class Name(str):
    def shout(self):
        return self.upper() + "!"
n = Name("ann")
print(n.shout(), len(n), n == "ann", isinstance(n, str), n + "e", n[0])
for letter in n:
    print(letter)
print("n" in n, n.startswith("a"))
