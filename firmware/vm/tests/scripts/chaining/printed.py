# differs from CPython, which has no sys.print_exception
import sys

def f():
    try:
        {}["k"]
    except KeyError as e:
        raise ValueError("v") from e

try:
    f()
except ValueError as e:
    sys.print_exception(e)
    print("--")
    e.__cause__ = None
    sys.print_exception(e)
    print("--")
    sys.print_exception(e.__context__)
print("--")
for anything in (5, "text", None, ValueError, [1]):
    try:
        sys.print_exception(anything)
    except TypeError as e:
        print("refused")
