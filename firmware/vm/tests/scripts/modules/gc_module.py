# differs from CPython
import gc
a = [list(range(10)) for i in range(50)]
before = gc.mem_alloc()
a = None
gc.collect()
print(gc.mem_alloc() < before, gc.mem_free() > 0, gc.isenabled(), gc.threshold())
gc.disable()
gc.enable()
