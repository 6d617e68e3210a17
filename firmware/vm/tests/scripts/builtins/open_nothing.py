# A machine whose owner has no such file, which is so on every board.
try:
    open("there_is_no_such_file")
except OSError as e:
    print("OSError", e.errno)
try:
    with open("there_is_no_such_file", "rb") as f:
        print("opened")
except OSError as e:
    print("OSError", e.args[0])
try:
    open("there_is_no_such_file", mode="r", encoding="utf-8")
except OSError as e:
    print("OSError", e.errno)
try:
    open()
except TypeError:
    print("TypeError")
