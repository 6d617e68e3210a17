# differs from CPython
import machine
try:
    machine.mem32[0]
except ValueError:
    print("nothing is there")
