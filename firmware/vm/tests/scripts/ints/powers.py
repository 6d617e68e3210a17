# pow with two and three arguments
print(pow(2, 100), pow(3, 0), pow(-3, 3), 7 ** 50)
print(pow(3, 200, 1000007), pow(2, 10, 1), pow(10, 18, 13), pow(-2, 5, 7))
x = 3
x **= 40
print(x)
