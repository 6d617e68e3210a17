from pkg.stars import *
print(a, b)
try:
    _hidden
except NameError:
    print("hidden")
from pkg.listed import *
print(x)
try:
    y
except NameError:
    print("not listed")
