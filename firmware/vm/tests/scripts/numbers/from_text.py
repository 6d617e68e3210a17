# float() of text and ints
for text in ("1", "1.5", "-0.25", " 2.5 ", "1e3", "1E-2", ".5", "5.", "+3", "inf", "-inf", "1_0.5"):
    print(text, float(text))
for bad in ("", "x", "1..5", "1e", "e5", "0x10", "--1"):
    try:
        print(float(bad))
    except ValueError:
        print(bad, "ValueError")
print(float(3), float(True), float(1 << 20))
