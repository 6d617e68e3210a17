def f():
    import pkg.inner
    return pkg.inner.value
print(f(), f())
