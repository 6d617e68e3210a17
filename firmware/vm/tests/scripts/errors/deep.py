# an exception goes through many frames, and finally blocks run on its way
log = []
def f(n):
    try:
        if n == 0: raise ValueError("bottom")
        f(n - 1)
    finally:
        log.append(n)
try:
    f(8)
except ValueError as e:
    print(e, log)
