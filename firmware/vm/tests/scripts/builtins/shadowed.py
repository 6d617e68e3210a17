# built-in names can be assigned, in modules, functions and classes
def f(list): return list + 1
class A:
    len = 5
    def max(self): return self.len
str = "not a type"
print(f(1), A().max(), str, len([1]), max(1, 2))
del str
print(str(5))
