# augmented assignments on names, items and attributes
class Box: pass
x, items, box = 100, [100], Box()
box.x = 100
x += 3; x -= 1; x *= 7; x //= 2; x %= 100; x **= 2; x <<= 3; x >>= 1; x &= 0xFFF; x |= 1; x ^= 0x10
items[0] += 3; items[0] *= 1 << 40; items[0] >>= 20; items[0] -= 1; items[0] //= 7
box.x += 1; box.x <<= 50; box.x %= 1000003; box.x |= 8; box.x ^= 5
print(x, items, box.x)
