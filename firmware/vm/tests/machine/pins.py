from machine import Pin

led = Pin(1, Pin.OUT, value=1)
print(led.value(), led())
led.off()
print(led.value())
led.toggle()
print(led.value())
for pull in (Pin.PULL_UP, Pin.PULL_DOWN):
    print(Pin(2, Pin.IN, pull).value())
print(Pin(1).value())
try:
    Pin(3)
except ValueError as error:
    print(error)
