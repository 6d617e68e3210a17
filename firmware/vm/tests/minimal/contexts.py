class Gate:
    def __enter__(self):
        print("in")

    def __exit__(self, kind, value, trace):
        print("out")


with Gate():
    print("inside")
