# json: what is written is read back
import json
for value in (None, True, False, 0, -5, 1 << 40, "", "aé\"\\\n", [], [1, [2, []]], {}, {"a": {"b": [None]}}, 0.5, -2.25):
    text = json.dumps(value)
    print(text, json.loads(text) == value)
print(json.loads(' { "a" : [ 1 , 2.5 , "\\u0041\\n" ] , "b" : null } '))
for bad in ("", "{", "[1,]", "nul", '"a', "{1: 2}", "1 2"):
    try:
        json.loads(bad)
        print(bad, "no error")
    except ValueError:
        print(bad, "ValueError")
