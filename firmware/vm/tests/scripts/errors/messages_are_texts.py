# What the machine itself says is a text like any other, once somebody looks at it.
def look(function, *args):
    try:
        function(*args)
    except Exception as error:
        said = error.args[0]
        print(type(error).__name__, len(error.args), type(said).__name__, said == str(error), said is error.args[0])
        print(repr(error) == type(error).__name__ + "(" + repr(said) + ")", "%s!" % error == said + "!")
        print({said: 1}[said], said in said + said, said.upper() != said, len(said) > 3, said[0] + said[1:] == said)

def recurse():
    return recurse() + 1

look([].pop)
look([1].index, 2)
look(lambda: [][1])
look(lambda: 1 + "a")
look(lambda: 1 // 0)
look(lambda: nothing)
look(lambda: (1).nothing)
look(lambda: {[]: 1})
look(int, "x")
look(max, [])
look(chr, -1)
look(len, 3)
look(iter, 3)
look(lambda a: 0)
look("abc".index, "q")
look(recurse)

kept = None
try:
    [][1]
except IndexError as error:
    kept = error
first = kept.args
try:
    raise kept
except IndexError as error:
    print(error is kept, error.args == first, str(error) == first[0])
print([c + "*" for c in "a* /_.'e"], "*" == "a*"[1], {"*": 1, "e": 2}["a*e"[1]], "a e".split(" "))
