# % and format specifications of floats
for x in (0.0, 1.5, -2.25, 100.0, 0.125):
    print("%f|%.2f|%8.3f|%-8.1f|%+.1f|%08.2f|%e|%.3e|%g" % (x, x, x, x, x, x, x, x, x))
    print("{}|{:.2f}|{:8.3f}|{:<8.1f}|{:+.1f}|{:^9.2f}|{:.1e}|{:.0f}|{:%}".format(x, x, x, x, x, x, x, x, x))
