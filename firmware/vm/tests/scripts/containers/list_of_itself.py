# a list that holds itself is collected, and counted
import gc
a = []
a.append(a)
print(len(a), a[0] is a, a[0][0][0] is a)
for i in range(200):
    b = [i]
    b.append(b)
gc.collect()
print(b[0], len(b))
