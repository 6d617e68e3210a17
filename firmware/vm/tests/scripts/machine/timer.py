# differs from CPython: which has no machine
import machine, time
seen = []


def tick(timer):
    seen.append(timer.id)
    if len(seen) == 3:
        timer.deinit()


timer = machine.Timer(7, mode=machine.Timer.PERIODIC, period=2, callback=tick)
while len(seen) < 3:
    time.sleep_ms(1)
time.sleep_ms(10)
print(seen)
# Once, while the program waits.
once = machine.Timer(-1)
once.init(mode=machine.Timer.ONE_SHOT, period=3, callback=lambda timer: seen.append("once"))
time.sleep_ms(20)
print(seen[3:])
# Two at a time, each at its own pace; they may make objects.
counts = {"slow": 0, "fast": 0}


def counter(name):
    def count(timer):
        counts[name] += 1
        counts[name + " " + str(counts[name])] = [timer]

    return count


slow = machine.Timer(1, period=10, callback=counter("slow"))
fast = machine.Timer(2, freq=500, callback=counter("fast"))
while counts["slow"] < 2:
    time.sleep_ms(1)
slow.deinit()
fast.deinit()
print(counts["slow"], counts["fast"] > counts["slow"])
before = dict(counts)
time.sleep_ms(15)
print(counts == before)


# What it raises, the program gets, and the others go on.
def fails(timer):
    timer.deinit()
    raise ValueError("in a timer")


other = machine.Timer(3, period=4, callback=lambda timer: seen.append("other"))
failing = machine.Timer(4, mode=machine.Timer.ONE_SHOT, period=2, callback=fails)
try:
    time.sleep_ms(30)
    print("not reached")
except ValueError as error:
    print(error)
del seen[:]
time.sleep_ms(10)
other.deinit()
print(len(seen) > 0, set(seen))
for wrong in ({"period": 0}, {"mode": 1}):
    try:
        machine.Timer(**wrong)
        print("not reached")
    except ValueError as error:
        print("ValueError", error)
