# encode and decode, and what is no UTF-8
for text in ("", "abc", "é€😀"):
    data = text.encode("utf-8")
    print(data, data.decode(), str(data, "utf-8") == text, len(text), len(data))
for bad in (b"\xff", b"\xc3", b"\x80abc"):
    try:
        bad.decode()
        print("no error")
    except UnicodeError:
        print("UnicodeError")
