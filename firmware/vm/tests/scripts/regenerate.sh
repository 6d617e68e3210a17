#!/bin/sh
# Compiles the scripts and writes what CPython prints for them. Needs mpy-cross and python3 on the PATH (or in MPY_CROSS, PYTHON).
# A script with "differs from CPython" in its first line keeps the .txt it has.
set -e
cd "$(dirname "$0")"
# Without their lines, which nobody is to look for.
for module in asyncio machine; do
    "${MPY_CROSS:-mpy-cross}" -O3 -s "$module.py" -o "../../modules/$module.mpy" "../../modules/$module.py"
done
# What is about pins and timers, what `help` shows and what is not opened: their .txt, where they have one, is written by hand.
for file in ../boards/*/*.py ../machine/*.py ../help/*.py ../open/*.py; do
    "${MPY_CROSS:-mpy-cross}" -s "$(basename "$file")" -o "${file%.py}.mpy" "$file"
done
for file in */*.py files/*/*.py files/*/*/*.py; do
    [ -f "$file" ] || continue
    folder=$(dirname "$file") name=$(basename "$file" .py)
    case "$folder" in
    files/*) shown="${folder#files/}/$name.py" ;;
    *) shown="$name.py" ;;
    esac
    "${MPY_CROSS:-mpy-cross}" -s "$shown" -o "$folder/$name.mpy" "$file"
    case "$folder" in files*) continue ;; esac
    head -n 1 "$file" | grep -q "differs from CPython" && continue
    (cd "$folder" && PYTHONPATH=../files PYTHONDONTWRITEBYTECODE=1 "${PYTHON:-python3}" "$name.py" > "$name.txt" 2>&1) || true
done
(cd ../open && "${PYTHON:-python3}" reads.py > reads.txt)
