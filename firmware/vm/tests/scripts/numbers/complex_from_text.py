# complex(text)
good = [
    "1", "1.5", "-2", "+3", "2j", "-2j", "+2.5j", "j", "-j", "+j", "J", "1+2j", "1-2j", "-1+2j", "-1-2j", "+1+2J", "1+j", "1-j", " 1+2j ", "\t3j\n",
    "(1+2j)", " ( 1+2j ) ", "(3)", "1e2+3e1j", "1e-2j", "1e+2-5e-1j", "1E2j", "-1e+2-1e-1J", "0.5e1+.25j", "1.+2.j", "1_0+2_0j", "0j", "-0j", "-0+0j",
    "inf", "infj", "-inf+nanj", "nan-infj", "infinity", "1+infinityj", "1e3", "12345+67890j",
]
for text in good:
    print(repr(text), complex(text))
for text in ("", " ", "()", "(", ")", "1+", "+", "-", "++j", "1+2", "1+2i", "1 + 2j", "1+ 2j", "1 +2j", "1j2", "1j+2", "jj", "1+2jj", "(1+2j", "1+2j)", "((1))", "e", "1e", "1ej", "1e+j", "1+2j3j", "a", "1__0j", "_1j", "1_j", "0x10j", "1,2j", "in", "i"):
    try:
        print(repr(text), complex(text))
    except ValueError:
        print(repr(text), "ValueError")
for value in (0j, 1 + 2j, -2.5j, complex(-0.0, 1), complex(1e20, -1e-10), 0.5 - 0.125j):
    print(complex(str(value)) == value, complex(repr(value)))
