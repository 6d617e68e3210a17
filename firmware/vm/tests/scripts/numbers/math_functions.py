# math on values with exact answers
import math
print(math.sqrt(16), math.floor(2.5), math.floor(-2.5), math.ceil(2.5), math.trunc(-2.75), math.fabs(-1.5), math.pow(2, 5))
print(math.isnan(float("nan")), math.isinf(float("-inf")), math.isfinite(1.0), math.copysign(2, -0.0), math.fmod(5.5, 2), math.modf(2.25), math.frexp(6.0), math.ldexp(0.75, 3))
print(math.exp(0), math.log(1), math.sin(0), math.cos(0), math.atan2(0, 1), math.degrees(0), math.radians(0), math.log2(8), math.log10(1000))
