# differs from CPython: which shows the lines themselves too
def find(key):
    return {}[key]

def number(text):
    try:
        return find(text)
    except KeyError as e:
        raise ValueError("no number: " + text) from e

def read():
    try:
        number("seven")
    except ValueError:
        report(3)

def report(level):
    return level // 0

read()
