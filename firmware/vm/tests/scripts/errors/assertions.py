# assert with and without a message
def check(x):
    assert x > 0, "not positive: %d" % x
    assert x < 100
    return x
for x in (5, -1, 500):
    try:
        print(check(x))
    except AssertionError as e:
        print("AssertionError", e.args)
