print(b"%s-%b" % (b"ab", bytearray(b"cd")), b"%d %x %5d|%-5d|%05d" % (1, 255, 42, 42, 42))
print(b"%c%c" % (65, b"\xff"), b"100%%" % (), b"%s" % b"\x00\xfe", bytearray(b"<%s>") % b"x")
print(b"%5s|%-5s|%.2s" % (b"ab", b"\xff\xfe", b"xyz"), b"%.1f" % 2.5, b"%r" % [1])
print(b"%(key)s %(n)d" % {b"key": b"value", b"n": 3}, type(bytearray(b"%d") % 1) is bytearray)
for what in [lambda: b"%s" % "text", lambda: b"%c" % 256, lambda: b"%c" % b"ab", lambda: b"%d" % b"x", lambda: b"%s %s" % b"x", lambda: b"x" % 1]:
    try:
        print(what())
    except (TypeError, ValueError, OverflowError):
        print("refused")
