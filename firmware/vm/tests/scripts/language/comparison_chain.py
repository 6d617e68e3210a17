def v(x):
    print("v", x)
    return x
print(v(1) < v(2) < v(3))
print(v(3) < v(2) < v(1))
x = 2
print(1 == 1 != x is not None)
print(not 1 == 2, 1 in [1] == True)
