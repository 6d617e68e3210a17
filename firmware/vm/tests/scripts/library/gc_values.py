# gc: collecting frees what nobody holds, and keeps what somebody does
import gc
keep = [[i] for i in range(50)]
for i in range(300):
    a, b = [], []
    a.append(b); b.append(a)
gc.collect()
print(len(keep), keep[49], gc.isenabled())
gc.enable()
print(gc.isenabled())
