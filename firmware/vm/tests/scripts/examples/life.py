# a program: Conway's game of life
def step(cells):
    counts = {}
    for x, y in cells:
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                if dx or dy:
                    at = (x + dx, y + dy)
                    counts[at] = counts.get(at, 0) + 1
    return {at for at, n in counts.items() if n == 3 or n == 2 and at in cells}
cells = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}
for _ in range(8): cells = step(cells)
for y in range(6): print("".join("#" if (x, y) in cells else "." for x in range(6)))
