# differs from CPython: which shows the lines themselves too
class Missing(Exception):
    def __str__(self):
        # Python code runs while the chain is printed.
        self.__cause__ = None
        return "missing " + str(self.args[0])

def look():
    try:
        [][2]
    except IndexError:
        raise Missing(2) from None

def main():
    try:
        look()
    except Missing as e:
        e.__suppress_context__ = True
        raise RuntimeError("stopped") from e

main()
