# Floats as text and back, and to ints.


def main():
    for value in (
        0.0, 1.0, -1.0, 0.5, 0.1, 0.3, 1.25, 100.0, 123456.0, 1e15, 1e16, 1e17, 2.5e20, 1e30, 0.001, 0.0001, 0.00001, 1.5e-7, 1e-30,
        65504.0, 3.14159, 2.5, 9.75e6, 1048576.0, 1e22,
    ):
        print(value, repr(-value), str(value), [value])
    for text in ("1.5", " -2.5 ", "1e3", "1E-3", ".5", "5.", "+7", "1_0.5", "inf", "-Infinity", "nan"):
        print(text, float(text))
    for text in ("", "a", "1.5x", "1e", ".", "1__0"):
        try:
            print(float(text))
        except ValueError:
            print("no", text)
    print(float(), float(3), float(True), float(2.5), float("0.1") == 0.1)
    print(int(2.9), int(-2.9), int(0.5), int(1e6), int(-1e-6), int(1073741824.0 / 4))
    for value in (float("nan"), float("inf")):
        try:
            print(int(value))
        except (ValueError, OverflowError) as e:
            print(type(e).__name__)
    print(round(2.5), round(3.5), round(-2.5), round(2.4), round(0.5), round(1.5), round(1e6 + 0.5), round(-0.4))
    print(round(2.675, 1), round(1.25, 1), round(1.375, 2), round(1234.5, -2), round(0.05, 1), round(99.96, 1), round(5.0, 0))
    print(round(7), round(17, -1), round(15, -1), round(25, -1), round(-15, -1), round(1234, -2), round(7, 2), round(True), round(1.5, None))
    print((2.5).is_integer(), (2.0).is_integer(), float("inf").is_integer())
    print(1.5e3, 1e-5, -0.25, 12345.678 > 12345.5)
    return 0.1 + 0.1, 1e10, 16777216.0
