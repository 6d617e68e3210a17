# io: BytesIO and readinto
from io import BytesIO
f = BytesIO(b"0123456789")
buffer = bytearray(4)
print(f.read(3), f.readinto(buffer), buffer, f.tell(), f.seek(1), f.read(2), f.read())
f = BytesIO()
for part in (b"a", b"bc", bytearray(b"d")): f.write(part)
print(f.getvalue(), len(f.getvalue()))
