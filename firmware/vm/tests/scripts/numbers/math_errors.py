# what math refuses
import math
for f in (lambda: math.sqrt(-1), lambda: math.log(0), lambda: math.acos(2), lambda: math.sqrt("a"), lambda: math.floor(float("nan"))):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
