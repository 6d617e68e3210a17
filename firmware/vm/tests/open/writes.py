for mode in ["w", "a", "x", "r+", "wb", "w+b"]:
    for name in ["lines.txt", "nothing.txt"]:
        try:
            open(name, mode)
            print("opened", name, mode)
        except OSError as e:
            print(mode, e.errno)
try:
    open("lines.txt", mode="w")
except OSError as e:
    print("by name", e.errno)
