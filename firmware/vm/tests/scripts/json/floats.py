import json
print(json.loads("1.5"), json.loads("-2.5e2"), json.dumps(0.25), json.dumps([1.5, 2]))
