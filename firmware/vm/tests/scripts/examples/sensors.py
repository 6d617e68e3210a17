# a program: readings are filtered and alarms given
class Sensor:
    def __init__(self, name, limit): self.name, self.limit, self.values = name, limit, []
    def read(self, value):
        self.values = (self.values + [value])[-3:]
        middle = sorted(self.values)[len(self.values) // 2]
        return "%s %d%s" % (self.name, middle, " ALARM" if middle > self.limit else "")
s = Sensor("t1", 50)
for value in (10, 12, 99, 11, 60, 61, 70, 5): print(s.read(value))
