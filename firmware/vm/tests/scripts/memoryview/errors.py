from array import array


def attempt(what):
    try:
        print(what())
    except (TypeError, ValueError, IndexError) as error:
        print(type(error).__name__)


view = memoryview(bytearray(b"abcd"))


def store(target, at, value):
    target[at] = value


def store_two(target, value):
    target[0:2] = value


def remove(target, at):
    del target[at]


attempt(lambda: view[4])
attempt(lambda: view["x"])
attempt(lambda: memoryview([1]))
attempt(lambda: memoryview("text"))
attempt(lambda: memoryview(5))
attempt(lambda: store(view, 0, 256))
attempt(lambda: store(view, 0, "x"))
attempt(lambda: store(view, 9, 1))
attempt(lambda: store_two(view, b"abc"))
attempt(lambda: store_two(view, array("H", [1])))
attempt(lambda: store(memoryview(b"abc"), 0, 1))
attempt(lambda: store_two(memoryview(b"abc"), b"xy"))
attempt(lambda: remove(view, 0))
attempt(lambda: view + b"x")
attempt(lambda: store(view[2:3], 0, 88))
print(view.tobytes())
