# str, hex, oct and bin of ints
for n in (0, 1, -1, 255, -255, 1 << 20, 1 << 40, -(1 << 70)):
    print(str(n), hex(n), oct(n), bin(n), "%d %x %X %o" % (n, n, n, n), "{:b} {:#x}".format(n, n))
