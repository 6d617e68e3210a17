# repr of every container, empty and nested
print([], (), {}, set(), frozenset(), range(0), "", b"", bytearray(), [()], ([],), {"a": []}, {1}, (1,), [None, True, 1, "s", b"b", 1.5], {(1, 2): [3]}, slice(1, 2), frozenset({1}))
