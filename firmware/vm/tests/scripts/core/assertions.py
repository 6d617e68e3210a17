try:
    assert 1 == 2, "message"
except AssertionError as e:
    print("AssertionError", e)
assert True
try:
    raise
except RuntimeError:
    print("RuntimeError")
