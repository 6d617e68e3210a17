# a cache in a closure and one in a decorator
def memo(f):
    cache = {}
    def wrapped(*args):
        if args not in cache:
            cache[args] = f(*args)
        return cache[args]
    wrapped_cache.append(cache)
    return wrapped
wrapped_cache = []
@memo
def paths(x, y): return 1 if x == 0 or y == 0 else paths(x - 1, y) + paths(x, y - 1)
print(paths(12, 12), len(wrapped_cache[0]))
