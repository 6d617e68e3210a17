# for and while with else, break and continue, nested
for n in range(2, 12):
    for d in range(2, n):
        if n % d == 0:
            print(n, "=", d, "*", n // d)
            break
    else:
        print(n, "prime")
i = 0
while i < 5:
    i += 1
    if i == 2: continue
    if i == 4: break
    print(i)
else:
    print("not here")
while i: i -= 1
else: print("else", i)
for _ in []: pass
else: print("empty else", i)
