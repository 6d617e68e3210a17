import errno
print(errno.ENOENT, errno.EINVAL, errno.ETIMEDOUT)
try:
    raise OSError(errno.ENOENT, "x")
except OSError as e:
    print(e.errno == errno.ENOENT)
