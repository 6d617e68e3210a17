# the step from small ints to long ones at 2**30 and 2**31
for n in (30, 31, 32, 62, 63, 64):
    limit = 1 << n
    print(limit - 1, limit, limit + 1, -limit, -limit - 1, limit * limit, -limit * limit)
    print(limit // -3, -limit % 7, limit == limit + 0, limit - limit)
