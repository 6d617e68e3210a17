#!/bin/sh
# Compiles the test programs and writes what CPython prints for them. Needs mpy-cross and python3 on the PATH (or in MPY_CROSS, PYTHON).
# Those in a folder need the feature of the folder's name. Programs whose output differs from CPython's on purpose keep the .txt they have:
# overflow (ints have 31 bits without `bigint`); memory, recursion and held (they are about this machine's limits).
set -e
cd "$(dirname "$0")/programs"
for path in ${1:-*.py */*.py}; do
    folder=$(dirname "$path")
    file=$(basename "$path")
    name="${file%.py}"
    (
        cd "$folder"
        "${MPY_CROSS:-mpy-cross}" -s "$file" -o "$name.mpy" "$file"
        case "$name" in
        overflow | memory | recursion | held) ;;
        *) "${PYTHON:-python3}" -c "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '.'); import $name; print(repr($name.main()))" > "$name.txt" ;;
        esac
    )
done
"${MPY_CROSS:-mpy-cross}" -s churn.py -o ../soak/churn.mpy ../soak/churn.py
