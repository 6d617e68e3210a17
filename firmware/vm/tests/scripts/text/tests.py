# startswith and endswith, also with tuples and positions
s = "firmware.bin"
print(s.startswith("firm"), s.startswith("ware"), s.startswith("ware", 4), s.endswith(".bin"), s.endswith(("x", ".bin")), s.startswith(("a", "f")), s.startswith(""), s.endswith(s))
