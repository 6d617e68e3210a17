x = 5
def f():
    return globals()["x"]
print(f(), "f" in globals(), globals()["__name__"])
print("x" in locals())
