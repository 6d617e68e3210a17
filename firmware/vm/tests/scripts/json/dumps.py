import json
print(json.dumps({"a": 1, "b": [1, 2, None, True, False], "c": {"d": "e"}}))
print(json.dumps("quote \" back \\ line \n tab \t é €"), json.dumps([]), json.dumps({}), json.dumps((1, 2)))
print(json.dumps([1, {"a": 2}], separators=(",", ":")), json.dumps({1: 2}))
try:
    json.dumps(object())
except TypeError:
    print("TypeError")
