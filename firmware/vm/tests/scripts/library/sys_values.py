# sys: values that every Python has
import sys
print(sys.maxsize > 1 << 29, sys.byteorder, len(sys.version) > 3, isinstance(sys.platform, str), sys.version_info[0], type(sys.argv).__name__, type(sys.path).__name__, len(sys.version_info) >= 3)
try:
    sys.exit(3)
except SystemExit as e:
    print("exit", e.args)
try:
    sys.exit()
except SystemExit as e:
    print("exit", e.args)
