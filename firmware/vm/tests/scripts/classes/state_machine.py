# a program: a traffic light with states as methods
class Light:
    def __init__(self): self.state, self.log = self.red, []
    def red(self, event): return self.green if event == "go" else self.red
    def green(self, event): return self.yellow if event == "stop" else self.green
    def yellow(self, event): return self.red
    def feed(self, events):
        for e in events:
            self.state = self.state(e)
            self.log.append(self.state.__name__)
        return self.log
print(Light().feed(["wait", "go", "go", "stop", "x", "go"]))
