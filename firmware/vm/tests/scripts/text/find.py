# find, rfind, index, count with ranges
s = "abracadabra"
print(s.find("a"), s.find("a", 1), s.find("a", 1, 3), s.rfind("a"), s.rfind("a", 0, 10), s.find("x"), s.rfind("x"), s.find(""), s.rfind(""))
print(s.index("cad"), s.count("a"), s.count("abra"), s.count(""), s.count("a", 1, 5), s.rindex("bra"))
for f in (s.index, s.rindex):
    try:
        f("x")
    except ValueError:
        print("ValueError")
