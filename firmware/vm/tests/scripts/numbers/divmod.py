# floor division and remainder keep their signs
for a, b in ((5.5, 2.0), (-5.5, 2.0), (5.5, -2.0), (-5.5, -2.0), (4.0, 2.0), (0.25, 4)):
    print(divmod(a, b), a // b, a % b, (a // b) * b + a % b == a)
