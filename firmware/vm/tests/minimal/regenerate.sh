#!/bin/sh
# Compiles the programs of the set `minimal` and writes what CPython prints for the one that fits it. What `lacks` prints is written by hand.
# Needs mpy-cross and python3 on the PATH (or in MPY_CROSS, PYTHON).
set -e
cd "$(dirname "$0")"
for file in *.py; do
    "${MPY_CROSS:-mpy-cross}" -s "$file" -o "${file%.py}.mpy" "$file"
done
"${PYTHON:-python3}" fits.py > fits.txt
