if (n := 5) > 3:
    print(n)
print("a" if n else "b", [y := 1, y + 1])
while (n := n - 1) > 2:
    print(n)
print(1 if 0 else 2 if 0 else 3)
