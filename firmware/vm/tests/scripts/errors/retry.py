# a program that tries again
class Flaky:
    def __init__(self, failures): self.failures = failures
    def call(self):
        if self.failures:
            self.failures -= 1
            raise OSError("busy")
        return "ok"
def retry(f, times):
    for attempt in range(times):
        try:
            return f(), attempt
        except OSError as e:
            last = e
    raise RuntimeError("gave up") from last
print(retry(Flaky(2).call, 5))
try:
    retry(Flaky(9).call, 3)
except RuntimeError as e:
    print(e)
