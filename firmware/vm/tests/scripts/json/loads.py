import json
print(json.loads('{"a": [1, -2, 3], "b": null, "c": {"d": true, "e": false}, "f": "x"}'))
print(json.loads(' [ ] '), json.loads('{}'), json.loads('"a\\n\\u00e9\\"\\\\ \\ud83d\\ude00"'), json.loads("12"))
for bad in ('', '[1,', '{"a"}', '[1 2]', 'nul', '"abc', '{"a":1,}', '1 2', '"\\x"'):
    try:
        json.loads(bad)
        print("read", bad)
    except ValueError:
        print("ValueError")
deep = json.loads("[[[[1]]]]")
print(deep, json.loads(json.dumps(deep)) == deep)
