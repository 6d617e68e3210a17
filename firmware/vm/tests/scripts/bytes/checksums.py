# CRC-16 and Fletcher-16 of a message
def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1 & 0xFFFF
    return crc
def fletcher(data):
    a = b = 0
    for byte in data:
        a = (a + byte) % 255
        b = (b + a) % 255
    return b << 8 | a
for data in (b"", b"123456789", bytearray(range(100)), bytes(50)):
    print(hex(crc16(data)), hex(fletcher(data)))
