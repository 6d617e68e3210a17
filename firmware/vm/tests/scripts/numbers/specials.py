# infinities and not-a-number
inf, nan = float("inf"), float("nan")
print(inf, -inf, nan, inf == inf, nan == nan, nan != nan, inf > 1 << 100, -inf < 0, inf - inf, inf * 0, 1 / inf, inf + 1)
for f in (lambda: int(inf), lambda: int(nan), lambda: 1.0 / 0, lambda: 1.0 // 0, lambda: 1.0 % 0):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
