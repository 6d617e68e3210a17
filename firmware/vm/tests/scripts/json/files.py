import json
from io import BytesIO, StringIO

out = StringIO()
json.dump({"a": [1, None], "b": "\u00e9"}, out)
json.dump([1, {"x": 2}], out, separators=(",", ":"))
print(out.getvalue())
print(json.load(StringIO('{"k": [true, 1.5]}')), json.load(BytesIO(b"[1, 2]")), json.loads(b' "x\xc3\xa9" ') == "x\u00e9")


class Lines:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def read(self):
        return self.text


lines = Lines()
json.dump(["round", 1], lines)
print(json.load(lines))
for what in [lambda: json.load(StringIO("[1,")), lambda: json.loads(b"\xff"), lambda: json.dump(1, None), lambda: json.loads(5)]:
    try:
        print(what())
    except (ValueError, TypeError, AttributeError) as error:
        print("refused")
