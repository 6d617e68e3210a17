# a program: a machine with a stack, and programs for it
def run(program):
    stack, pc, calls, steps = [], 0, [], 0
    ops = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "lt": lambda a, b: int(a < b)}
    memory = {}
    while steps < 1000:
        op, *args = program[pc]
        pc, steps = pc + 1, steps + 1
        if op == "push": stack.append(args[0])
        elif op in ops:
            b, a = stack.pop(), stack.pop()
            stack.append(ops[op](a, b))
        elif op == "store": memory[args[0]] = stack.pop()
        elif op == "load": stack.append(memory[args[0]])
        elif op == "jz":
            if not stack.pop(): pc = args[0]
        elif op == "jump": pc = args[0]
        elif op == "halt": return stack, steps
factorial = [("push", 1), ("store", "r"), ("push", 6), ("store", "n"), ("load", "n"), ("jz", 15), ("load", "r"), ("load", "n"), ("mul",), ("store", "r"), ("load", "n"), ("push", 1), ("sub",), ("store", "n"), ("jump", 4), ("load", "r"), ("halt",)]
print(run(factorial))
