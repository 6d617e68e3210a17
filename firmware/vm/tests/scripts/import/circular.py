import pkg.one
print(pkg.one.two_value, pkg.two.one_name)
