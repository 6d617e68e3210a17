# Floats in loops and containers: what a program computes with them is what it would be elsewhere.


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __radd__(self, other):
        return Vector(self.x + other, self.y + other)

    def __rmul__(self, other):
        return Vector(other * self.x, other * self.y)

    def __float__(self):
        return (self.x * self.x + self.y * self.y) ** 0.5

    def __lt__(self, other):
        return float(self) < float(other)

    def __repr__(self):
        return "Vector(%s, %s)" % (self.x, self.y)


def mean(values):
    return sum(values) / len(values)


def main():
    print(Vector(1.5, 2.0) + Vector(0.5, -2.0), 2.0 * Vector(1, 2), 0.5 + Vector(1, 2))
    print(float(Vector(3.0, 4.0)), Vector(1.0, 0.0) < Vector(0.0, 2.0))
    print(mean([1, 2, 3, 4]), mean([0.5, 0.25]), [n / 4 for n in range(6)])
    cells = [0.0] * 5
    cells[2] = 16.0
    for _ in range(4):
        cells = [0.25 * a + 0.5 * b + 0.25 * c for a, b, c in zip([0.0] + cells, cells, cells[1:] + [0.0])]
    print(cells)
    guess = 1.0
    for _ in range(20):
        guess = 0.5 * (guess + 2.0 / guess)
    print(int(guess * 100000), max([1.5, 2, 0.5]), sorted([3.5, -1.0, 2], key=lambda v: -v), sorted({0.5: 1, 0.25: 2}))
    total = 0
    n = 0
    while n < 1000:
        total += n * 0.5
        n += 1
    return total, float("1e3") == 1000, "%s %r" % (0.5, 1.25)
