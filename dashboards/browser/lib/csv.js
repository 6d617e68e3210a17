// Lines of cells of a CSV text, as RFC 4180 has it.
export function parse(text) {
  const lines = [];
  let [line, cell, quoted] = [[], "", false];
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at];
    if (quoted && c === '"' && text[at + 1] === '"') [cell, at] = [cell + c, at + 1];
    else if (c === '"') quoted = !quoted;
    else if (quoted) cell += c;
    else if (c === ",") [line, cell] = [[...line, cell], ""];
    else if (c === "\n") [lines[lines.length], line, cell] = [[...line, cell], [], ""];
    else if (c !== "\r") cell += c;
  }
  return cell || line.length ? [...lines, [...line, cell]] : lines;
}
