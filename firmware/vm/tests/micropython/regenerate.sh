#!/bin/sh
# Writes what MicroPython prints where that is what is expected: for scripts whose first line begins with "# as MicroPython", and for the sizes of
# objects. Needs node and npm; MicroPython's WebAssembly build is fetched into a folder that is thrown away.
set -e
here=$(cd "$(dirname "$0")" && pwd)
MICROPYTHON_FOLDER=$(mktemp -d)
export MICROPYTHON_FOLDER
trap 'rm -rf "$MICROPYTHON_FOLDER"' EXIT
(cd "$MICROPYTHON_FOLDER" && npm install --silent --no-audit --no-fund "@micropython/micropython-webassembly-pyscript@1.27.0")
cd "$here/../scripts"
for file in */*.py; do
    head -n 1 "$file" | grep -q "^# as MicroPython" || continue
    node "$here/run.mjs" "$file" > "${file%.py}.txt"
done
node "$here/run.mjs" "$here/objects.py" > "$here/objects.txt"
