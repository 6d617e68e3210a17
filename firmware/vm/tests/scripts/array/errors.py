from array import array


def attempt(what):
    try:
        print(what())
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        print(type(error).__name__)


a = array("B", [1, 2])
attempt(lambda: array("y"))
attempt(lambda: array("BB"))
attempt(lambda: array("H", b"abc"))
attempt(lambda: array("B", [256]))
attempt(lambda: array("B", [1, "x"]))
attempt(lambda: array("b").append(-129))
attempt(lambda: a.append(None))
attempt(lambda: a[2])
attempt(lambda: a["x"])
attempt(lambda: a.index(9))
attempt(lambda: a + [1])
attempt(lambda: a + array("H", [1]))
attempt(lambda: a.extend(array("H", [1])))
attempt(lambda: a.extend(5))
attempt(lambda: {a: 1})
try:
    a[0:1] = [5]
except TypeError:
    print("only arrays")
try:
    a[5] = 1
except IndexError:
    print("IndexError")
