class One:
    x = 5
    def method(self): pass
class Two(One):
    y = [1, "text"]
help()
help(5)
help(One)
help(One())
help(Two())
import errno
help(errno)
import sys
for what in [1.5, "text", b"", [], (), {}, set(), range(3), ValueError, ValueError(1), type, object, int, help, sys, One().method]:
    help(what)
help("modules")
