# partition and rpartition
for s in ("key=value", "a=b=c", "none", "=x", "x="):
    print(s.partition("="), s.rpartition("="))
