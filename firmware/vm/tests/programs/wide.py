def main():
    a = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]
    b = c = d = e = f = g = h = i = j = k = l = m = n = o = p = q = r = s = t = u = v = w = 1
    big = [100, 1000, 100000, 1000000, -17, -100, -100000, 8191, 8192, -8193, 63, 64, 127, 128]
    x = 0
    if a[40] == 40:
        for z in range(3):
            x += b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t + u + v + w
            x += big[0] + big[1] + big[2] + big[3] + big[4] + big[5] + big[6] + b + c + d + e + f + g + h + i + j
            x += big[0] + big[1] + big[2] + big[3] + big[4] + big[5] + big[6] + b + c + d + e + f + g + h + i + j
            x += big[0] + big[1] + big[2] + big[3] + big[4] + big[5] + big[6] + b + c + d + e + f + g + h + i + j
    del q
    return sum(a), x, big, w
