# json: a program that merges settings
import json
def merge(a, b):
    out = dict(a)
    for k, v in b.items():
        out[k] = merge(out[k], v) if isinstance(v, dict) and isinstance(out.get(k), dict) else v
    return out
base = json.loads('{"net": {"host": "h", "port": 80}, "debug": false, "tags": ["a"]}')
print(json.dumps(merge(base, json.loads('{"net": {"port": 8080}, "debug": true, "new": null}'))))
