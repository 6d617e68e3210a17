# differs from CPython: time passes by waiting
import time
t = time.ticks_ms()
time.sleep_ms(25)
time.sleep_us(5000)
print(time.ticks_diff(time.ticks_ms(), t))
time.sleep(2)
print(time.ticks_diff(time.ticks_ms(), t), time.time())
print(time.ticks_diff(5, 10), time.ticks_add(5, 10), time.ticks_diff(time.ticks_add(0, -1), 0))
