#!/bin/sh
# Compiles the test programs and writes what CPython prints for them. Needs mpy-cross and python3 on the PATH (or in MPY_CROSS, PYTHON).
# Programs whose output differs from CPython's on purpose keep the .txt they have: overflow (ints have 31 bits here); memory, recursion and
# held (they are about this machine's limits).
set -e
cd "$(dirname "$0")/programs"
for file in *.py; do
    name="${file%.py}"
    "${MPY_CROSS:-mpy-cross}" -s "$file" -o "$name.mpy" "$file"
    case "$name" in
    overflow | memory | recursion | held) ;;
    *) "${PYTHON:-python3}" -c "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '.'); import $name; print(repr($name.main()))" > "$name.txt" ;;
    esac
done
