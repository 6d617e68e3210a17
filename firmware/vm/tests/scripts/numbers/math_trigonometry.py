# sines and logarithms, rounded to what f32 holds
import math
for x in (0.25, 0.5, 1.0, 1.5):
    print("%.4f %.4f %.4f %.4f %.4f %.4f" % (math.sin(x), math.cos(x), math.tan(x), math.exp(x), math.log(x), math.atan(x)))
print("%.5f %.5f" % (math.pi, math.e))
