# join of lists, tuples, generators and text
print(",".join(["a", "b", "c"]), "".join("abc"), "-".join(()), ", ".join(str(i) for i in range(5)), "ab".join("xyz"), ".".join(("one",)))
for bad in ([1, 2], ["a", None]):
    try:
        ",".join(bad)
    except TypeError:
        print("TypeError")
