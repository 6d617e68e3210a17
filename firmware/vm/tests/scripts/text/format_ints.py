# format specifications of ints
for n in (0, 7, -7, 255, 12345):
    print("{:d}|{:5d}|{:<5d}|{:^7d}|{:05d}|{:+d}|{: d}|{:x}|{:#x}|{:X}|{:o}|{:b}|{:08b}|{:,}".format(n, n, n, n, n, n, n, n, n, n, n, n, n, n))
