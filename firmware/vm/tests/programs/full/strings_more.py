# The methods of texts and bytes that programs use less often.


def main():
    for s in ("a,b,,c", "", ",", "abc", "é,ü"):
        print(s.partition(","), s.rpartition(","), s.rsplit(","), s.rsplit(",", 1), s.rsplit(",", 0))
    print(" a  b c ".rsplit(), " a  b c ".rsplit(None, 1), "a--b--c".rsplit("--", 1), b"a,b,c".rsplit(b",", 1), b"k=v".partition(b"="))
    for w in (0, 3, 4, 5, 6, 7):
        print("[" + "ab".center(w) + "]", "[" + "abc".center(w) + "]")
    print("a\nb\r\nc\rd\n".splitlines(), "a\nb\r\n".splitlines(True), "".splitlines(), "x".splitlines(), "\n\n".splitlines(), "a\nb".splitlines(keepends=True))
    print("abcabc".rindex("b"), "abc1".islower(), "ABC".isupper(), "aB".islower(), "12".isupper(), "".islower())
    for what in (lambda: "abc".rindex("x"), lambda: "a".partition(""), lambda: "a".rsplit(""), lambda: "a".partition(1)):
        try:
            print(what())
        except Exception as e:
            print(type(e).__name__)
    return "a.b.c".rpartition(".")[2]
