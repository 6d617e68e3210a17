# in and not in
s = "the quick brown fox"
print("quick" in s, "slow" in s, "" in s, "q" not in s, "the quick brown fox jumps" in s, "x" in s)
try:
    1 in s
except TypeError:
    print("TypeError")
