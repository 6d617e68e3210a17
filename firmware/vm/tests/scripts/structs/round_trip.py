# struct: what is packed is unpacked, in both orders and all codes
import struct
for order in "<>":
    for code, values in (("b", (-128, 127)), ("B", (0, 255)), ("h", (-32768, 32767)), ("H", (0, 65535)), ("i", (-5, 2147483647)), ("I", (0, 4294967295)), ("q", (-1, 1 << 62)), ("Q", (0, (1 << 64) - 1)), ("f", (0.5, -2.25))):
        data = struct.pack(order + code * 2, *values)
        print(order, code, data, struct.unpack(order + code * 2, data) == values, struct.calcsize(order + code))
