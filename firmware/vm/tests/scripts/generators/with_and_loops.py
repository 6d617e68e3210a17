# yield inside with, try, for and while with else
class M:
    def __enter__(self): print("enter")
    def __exit__(self, *a): print("exit", a[0] and a[0].__name__)
def g():
    with M():
        for i in range(2):
            try:
                yield i
            finally:
                print("after", i)
        else:
            yield "else"
print(list(g()))
it = g()
next(it)
it.close()
