# time: it passes, and never backwards
import time
a = time.time()
time.sleep(0.01)
b = time.time()
print(b >= a, isinstance(int(b), int), time.sleep(0))
