# & | ^ ~ of ints of any sign and size
values = (0, 1, -1, 0x55, -0x55, 0x3FFFFFFF, -0x40000000, 1 << 40, -(1 << 40), (1 << 65) - 1)
for a in values:
    print(a, ~a, [a & b for b in values], [a | b for b in values], [a ^ b for b in values])
