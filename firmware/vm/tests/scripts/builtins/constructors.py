# the built-in types called with nothing and with everything
print(int(), float(), str(), bool(), list(), tuple(), dict(), set(), frozenset(), bytes(), bytearray(), list("ab"), tuple([1]), set([1]), list({"a": 1}), tuple(range(3)), list(b"ab"), dict([[1, 2]]), bool("x"), str(b"a", "utf-8"), list(zip("ab", (1, 2))), object() is not None)
