# messages of one's own through str, args and attributes
class Limit(Exception):
    def __init__(self, limit, got):
        Exception.__init__(self, "limit %d, got %d" % (limit, got))
        self.limit, self.got = limit, got
    def over(self): return self.got - self.limit
class Quiet(Exception):
    def __str__(self): return "quiet"
try:
    raise Limit(10, 15)
except Limit as e:
    print(e, e.over(), e.args)
try:
    raise Quiet(1)
except Quiet as e:
    print(str(e), e.args)
