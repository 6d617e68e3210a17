# errno: numbers and OSError
import errno
e = OSError(errno.ENOENT)
print(e.args == (errno.ENOENT,), errno.EAGAIN, errno.EINVAL, errno.ENOENT, errno.EIO)
try:
    raise OSError(errno.ETIMEDOUT)
except OSError as e:
    print(e.args == (errno.ETIMEDOUT,))
