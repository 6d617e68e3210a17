# two hundred numbers sorted are in order
x, items = 1, []
for i in range(200):
    x = (x * 1103515245 + 12345) % 2147483648
    items.append(x % 1000)
s = sorted(items)
print(all(a <= b for a, b in zip(s, s[1:])), sum(s) == sum(items), s[0], s[-1], s[::25])
items.sort(key=lambda v: (v % 10, -v))
print(items[::25])
