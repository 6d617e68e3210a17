# upper, lower and the questions about them
for s in ("Hello World", "ABC", "abc", "a1!", "", "123"):
    print(s.upper(), s.lower(), s.isupper(), s.islower(), s.isdigit(), s.isalpha(), s.isspace())
