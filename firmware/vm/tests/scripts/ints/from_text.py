# int() reads text in bases, with signs, blanks and underscores
for text, base in (("12", 10), (" -12 ", 10), ("+7", 10), ("ff", 16), ("0xFF", 16), ("0b101", 2), ("0o17", 8), ("z", 36), ("0x10", 0), ("0b11", 0), ("99999999999999999999", 10)):
    print(text, base, int(text, base))
for bad in ("", "x", "1x", "--1", "0x", "1.5"):
    try:
        print(int(bad))
    except ValueError:
        print(bad, "ValueError")
