# a program: shortest ways in a graph
GRAPH = {"a": {"b": 7, "c": 3}, "b": {"d": 2}, "c": {"b": 1, "d": 8}, "d": {"e": 4}, "e": {}}
def shortest(start):
    best, todo = {start: (0, [start])}, [start]
    while todo:
        todo.sort(key=lambda n: best[n][0])
        node = todo.pop(0)
        cost, way = best[node]
        for other, length in GRAPH[node].items():
            if other not in best or cost + length < best[other][0]:
                best[other] = (cost + length, way + [other])
                todo.append(other)
    return best
for node, (cost, way) in sorted(shortest("a").items()): print(node, cost, "-".join(way))
