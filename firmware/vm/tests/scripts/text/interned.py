# equal text from everywhere is one key
d = {"ab": 1}
a = "a"
print(d[a + "b"], d["".join(["a", "b"])], d["xabx"[1:3]], d["AB".lower()], d["a%s" % "b"], getattr(d, "ge" + "t")("ab"), "a" + "b" in d)
