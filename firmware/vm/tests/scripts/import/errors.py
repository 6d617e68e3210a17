try:
    import nothing_there
except ImportError as e:
    print("ImportError")
try:
    from pkg import missing
except ImportError:
    print("ImportError too")
try:
    import pkg.failing
except ValueError as e:
    print("ValueError", e)
try:
    import pkg.failing
except ValueError as e:
    print("again", e)
