# differs from CPython: which shows the lines themselves too
class Manager:
    def __enter__(self):
        pass
    def __exit__(self, *what):
        pass
def f(n):
    try:
        if n:
            f(n - 1)
        else:
            raise ValueError("deep")
    finally:
        n = 0
def g():
    with Manager():
        try:
            f(1)
        except KeyError:
            print("no")
        finally:
            with Manager():
                pass
def h():
    try:
        g()
    except ValueError as e:
        raise
h()
