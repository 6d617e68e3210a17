# A text that cannot grow where it lies, as each of its parts keeps something that is made behind it.
kept = []


class Part:
    def __repr__(self):
        kept.append([0, 1, 2, 3])
        return "0123456789abcdefghij"


def main():
    return repr([Part() for _ in range(6)])
