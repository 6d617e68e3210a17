# a program: the way out of a maze
MAZE = ["#########", "#S..#...#", "#.#.#.#.#", "#.#...#E#", "#########"]
def find(c): return [(x, y) for y, row in enumerate(MAZE) for x, cell in enumerate(row) if cell == c][0]
start, end = find("S"), find("E")
came, todo = {start: None}, [start]
for at in todo:
    if at == end: break
    x, y = at
    for to in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
        if MAZE[to[1]][to[0]] != "#" and to not in came:
            came[to] = at
            todo.append(to)
way = []
while at:
    way.append(at)
    at = came[at]
print(len(way), way[::-1])
