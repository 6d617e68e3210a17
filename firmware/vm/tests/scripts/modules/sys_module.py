# differs from CPython
import sys
print(sys.platform, sys.byteorder, sys.implementation[0], sys.argv, sys)
try:
    sys.exit(3)
except SystemExit as e:
    print("exit", e.args)
print("maxsize" in dir(sys), sys.__name__, sys.maxsize > 1000)
