class I:
    def __int__(self):
        return 7
    def __index__(self):
        return 2
print(int(I()), [1, 2, 3][I()] if False else 3)
print(list(range(I())))
