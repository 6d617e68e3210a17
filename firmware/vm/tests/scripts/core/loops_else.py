for i in range(3):
    pass
else:
    print("for else", i)
while False:
    pass
else:
    print("while else")
for i in range(5):
    if i == 2:
        break
else:
    print("not this")
for i in range(5, 0, -2):
    print(i)
n = 0
while True:
    n += 1
    if n < 3:
        continue
    break
print(n)
