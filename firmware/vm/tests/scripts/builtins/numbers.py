# abs, divmod, pow, round, min, max, hex, oct, bin, chr, ord, int, float, bool
print(abs(-5), abs(-2.5), divmod(-7, 3), pow(2, 10), pow(2, -1), round(2.5), round(-3.5), hex(255), oct(8), bin(-5), chr(65), ord("é"), int("12"), int(-2.7), float("2.5"), bool([]), int(True), abs(-(1 << 70)))
