# raise alone, called by who handles
def again():
    raise
def deeper():
    again()
def f(how):
    try:
        {}["k"]
    except KeyError:
        how()
for how in (again, deeper):
    try:
        f(how)
    except KeyError as e:
        print("again", e, e.__context__)
def inner():
    try:
        [][0]
    except IndexError:
        again()
def g():
    try:
        {}["k"]
    except KeyError:
        inner()
try:
    g()
except IndexError as e:
    print(type(e).__name__, repr(e.__context__))
try:
    again()
except RuntimeError as e:
    print("nothing", e.__context__)
def gen():
    try:
        yield
    finally:
        print("closed")
def h():
    g = gen()
    next(g)
    try:
        1 // 0
    except ZeroDivisionError:
        g.close()
        again()
try:
    h()
except ZeroDivisionError as e:
    print(type(e).__name__)
