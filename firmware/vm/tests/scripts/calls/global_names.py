# global, names looked up when called, shadowed built-ins
count = 0
def tick():
    global count, fresh
    count += 1
    fresh = count * 2
    return count
tick(); tick()
print(count, fresh)
def later(): return helper() + 1
def helper(): return 1
print(later())
def helper(): return 10
print(later())
def shadow():
    len = lambda x: "mine"
    return len([])
print(shadow(), len([1]))
sum = 5
print(sum)
del sum
print(sum([1, 2]))
