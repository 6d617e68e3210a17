# a program: events with handlers that come and go
class Emitter:
    def __init__(self): self.handlers = {}
    def on(self, name, handler):
        self.handlers.setdefault(name, []).append(handler)
        return lambda: self.handlers[name].remove(handler)
    def emit(self, name, *args, **named): return [h(*args, **named) for h in list(self.handlers.get(name, ()))]
e = Emitter()
off = e.on("add", lambda a, b=1: a + b)
e.on("add", lambda *a, **k: (a, sorted(k)))
print(e.emit("add", 1), e.emit("add", 1, b=5), e.emit("none"))
off()
print(e.emit("add", 1))
