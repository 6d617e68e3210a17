# a program: Huffman's code
def code(text):
    counts = {}
    for c in text: counts[c] = counts.get(c, 0) + 1
    nodes = sorted((n, c) for c, n in counts.items())
    while len(nodes) > 1:
        a, b = nodes[0], nodes[1]
        nodes = sorted(nodes[2:] + [(a[0] + b[0], min(a[1], b[1]) if isinstance(a[1], str) and isinstance(b[1], str) else "~", a, b)], key=lambda n: (n[0], n[1]))
    table = {}
    def walk(node, bits):
        if len(node) == 2: table[node[1]] = bits or "0"
        else:
            walk(node[2], bits + "0")
            walk(node[3], bits + "1")
    walk(nodes[0], "")
    return table
text = "abracadabra"
table = code(text)
bits = "".join(table[c] for c in text)
back, word = "", ""
for b in bits:
    word += b
    for c, w in table.items():
        if w == word: back, word = back + c, ""
print(len(bits), back == text, sorted(len(w) for w in table.values()))
