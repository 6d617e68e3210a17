# True and False are ints
print(True + True, True * 5, True == 1, False == 0, isinstance(True, int), -True, ~False, True << 3)
print([10, 20][True], sum([True, False, True]), True & False, True | False, True ^ True, type(True & True), type(True & 1))
print(bool(0), bool(-1), bool(""), bool("0"), bool([]), bool([0]), bool(None), not 0, int(True), str(True), True < 2)
