# subscripts and slices of str, also with steps and beyond the ends
s = "hello, world"
print(s[0], s[-1], s[2:5], s[:3], s[-3:], s[::2], s[::-1], s[5:2], s[-100:100], s[8:2:-2], s[:], s[3:3])
for i in (12, -13):
    try:
        s[i]
    except IndexError:
        print("IndexError")
