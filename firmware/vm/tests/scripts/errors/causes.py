# raise … from
def f():
    try:
        {}["k"]
    except KeyError as e:
        raise ValueError("outer") from e
def g():
    raise ValueError("alone") from None
for h in (f, g):
    try:
        h()
    except ValueError as e:
        print(e)
