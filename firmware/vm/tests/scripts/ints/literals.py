# literals in all bases, with underscores
print(0, 00, 1_000_000, 0xFF, 0xff_ff, 0o777, 0b1010_1010, 0x7FFFFFFF, 0x80000000, -0x80000000, 12345678901234567890123)
