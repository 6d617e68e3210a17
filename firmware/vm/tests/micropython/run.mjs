// Runs a program in MicroPython's WebAssembly build and prints what it prints: `node run.mjs FILE`. regenerate.sh installs the build.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.MICROPYTHON_FOLDER + "/");
const found = require.resolve("@micropython/micropython-webassembly-pyscript/micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(found));
const machine = await loadMicroPython({ heapsize: 4 << 20, stdout: (line) => console.log(line), linebuffer: true });
try {
    machine.runPython(readFileSync(process.argv[2], "utf8"));
} catch (error) {
    console.log(String(error.message).trim());
}
