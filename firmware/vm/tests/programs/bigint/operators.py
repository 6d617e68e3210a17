# Long ints: every operator on operands of many sizes and signs, which look random and favour the edges of limbs.

STATE = [88172645463325252]


def random_bits():
    x = STATE[0]
    x ^= (x << 13) & 0xFFFFFFFFFFFFFFFF
    x ^= x >> 7
    x ^= (x << 17) & 0xFFFFFFFFFFFFFFFF
    STATE[0] = x
    return x


def operand():
    kind = random_bits() % 8
    size = random_bits() % 150
    if kind == 0:
        value = random_bits() % 100
    elif kind == 1:
        value = (1 << size) - 1
    elif kind == 2:
        value = 1 << size
    else:
        value = 0
        while value >> size == 0:
            value = value << 64 | random_bits()
        value >>= random_bits() % 40
    return -value if random_bits() & 1 else value


def fold(h, value):
    return (h * 1000003 + value) % 2305843009213693951


def main():
    h = 0
    for n in range(400):
        a = operand()
        b = operand()
        results = [a + b, a - b, a * b, a & b, a | b, a ^ b, -a, ~a, +a, abs(a), a >> (n % 70), a << (n % 70)]
        if b:
            q, r = divmod(a, b)
            results += [a // b, a % b, q, r, q * b + r - a]
        results += [a < b, a > b, a == b, a != b, a <= b, a >= b, a == a + 0, bool(a), a.bit_length()]
        if n % 8 == 0:
            print(a, b, results)
        for value in results:
            h = fold(h, value)
        for text in (str(a), str(b)):
            if int(text) not in (a, b):
                print("read back", text)
    return h
