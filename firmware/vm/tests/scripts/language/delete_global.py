here = 1
there = [2]


def forget():
    global here
    del here


def again():
    global here
    here = 3


print(here)
forget()
try:
    print(here)
except NameError:
    print("gone")
try:
    forget()
except NameError:
    print("gone already")
again()
print(here)
del there
try:
    there
except NameError:
    print("gone too")
# A builtin is behind a global of its name.
len = abs
print(len(-4))
del len
print(len("four"))
