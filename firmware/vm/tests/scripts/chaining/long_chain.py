# differs from CPython: which shows all of a chain, and the lines themselves
def step(n):
    try:
        if n:
            step(n - 1)
        else:
            raise ValueError(0)
    except ValueError:
        raise ValueError(n + 1)
step(12)
