# On a micro:bit: pin 13 is led out and free, pin 17 is a button, pin 24 is the console.
import machine
led = machine.Pin(13, machine.Pin.OUT, value=1)
print(led.value())
led.off()
print(led())
led.toggle()
print(led())
led(0)
print(led.value())
button = machine.Pin(17, machine.Pin.IN, machine.Pin.PULL_UP)
print(button.value())
button.init(machine.Pin.IN, machine.Pin.PULL_DOWN)
print(button.value())
# The same by the register.
led.on()
print(machine.mem32[0x50000504] >> 13 & 1)
machine.mem32[0x5000050C] = 1 << 13
print(led.value())
for wrong in (24, 32, -1):
    try:
        machine.Pin(wrong, machine.Pin.OUT)
        print("not reached")
    except ValueError as error:
        print(error)
try:
    machine.mem32[0x20000000]
except ValueError as error:
    print(error)
