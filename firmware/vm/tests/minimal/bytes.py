print(b"ab")
