# differs from CPython, which has no sys.print_exception
import sys
def first():
    bytearray(100000000)
def second():
    return [0] * 100000000
for f in (first, second):
    try:
        f()
    except MemoryError as e:
        sys.print_exception(e)
        print(e.__cause__, e.__context__)
        try:
            raise e from ValueError(f.__name__)
        except MemoryError as same:
            print(same is e, repr(same.__cause__))
