data = bytearray(b"0123456789")
data[::2] = b"abcde"
print(data)
data[8::-3] = bytes([33, 34, 35])
print(data)
data[5:5:2] = b""
data[1::4] = [65, 66, 67]
print(data)
del data[::3]
print(data)
del data[::-2]
print(data)
del data[5:1:2], data[-1::-1]
print(data)
data = bytearray(b"abcdef")
del data[4::-4]
print(data)
data[::-1] = data
print(data)
for value in [b"ab", [256] * 2, 5]:
    try:
        data[::2] = value
    except (ValueError, TypeError) as error:
        print(type(error).__name__, data)
