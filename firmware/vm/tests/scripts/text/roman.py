# numbers as Roman numerals and back
TABLE = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
def roman(n):
    out = ""
    for value, letters in TABLE:
        while n >= value:
            out += letters
            n -= value
    return out
def number(text):
    n, i = 0, 0
    for value, letters in TABLE:
        while text[i:i + len(letters)] == letters:
            n, i = n + value, i + len(letters)
    return n
print([roman(n) for n in (1, 4, 9, 14, 40, 99, 400, 1994, 2026)], all(number(roman(n)) == n for n in range(1, 500)))
