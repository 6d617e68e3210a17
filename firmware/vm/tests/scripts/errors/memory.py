# too large a list is a MemoryError, and the program goes on
for size in (1 << 28, 1 << 29):
    try:
        [0] * size
    except MemoryError:
        pass
print("still here", len([0] * 100))
