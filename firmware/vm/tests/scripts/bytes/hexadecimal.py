# hex digits of bytes, and bytes from them
def to_hex(data):
    return "".join("%02x" % byte for byte in data)
def from_hex(text):
    return bytes(int(text[i:i + 2], 16) for i in range(0, len(text), 2))
data = bytes(range(0, 256, 15))
print(to_hex(data), from_hex(to_hex(data)) == data, data.hex(), bytes.fromhex("00ff10"))
