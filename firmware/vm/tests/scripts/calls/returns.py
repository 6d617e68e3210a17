# what functions return: nothing, several values, from loops and from try
def nothing(): pass
def early(n):
    for i in range(10):
        if i == n: return i, "found"
    else:
        return "none"
def tries(n):
    try:
        if n: return "try"
    finally:
        if n > 1: return "finally"
    return "end"
print(nothing(), early(3), early(50), tries(0), tries(1), tries(2), (lambda: (1, 2))())
