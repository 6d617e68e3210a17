# a program: a small interpreter
def run(code, data=()):
    jumps, stack = {}, []
    for i, c in enumerate(code):
        if c == "[": stack.append(i)
        elif c == "]":
            j = stack.pop()
            jumps[i], jumps[j] = j, i
    tape, at, pc, out = bytearray(30), 0, 0, []
    while pc < len(code):
        c = code[pc]
        if c == ">": at += 1
        elif c == "<": at -= 1
        elif c == "+": tape[at] = tape[at] + 1 & 255
        elif c == "-": tape[at] = tape[at] - 1 & 255
        elif c == ".": out.append(chr(tape[at]))
        elif c == "[" and not tape[at] or c == "]" and tape[at]: pc = jumps[pc]
        pc += 1
    return "".join(out)
print(run("++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++."))
