"""What the checks of posix.py share: expectations, other users, and a node of each type."""
import ctypes
import os
import socket
import stat
import sys
import time
from contextlib import contextmanager
from errno import errorcode

CLOCK_REALTIME_COARSE = 5  # of time.h
NOW, OMIT = (1 << 30) - 1, (1 << 30) - 2  # of utimensat(2)
R, W, RW, CREAT, EXCL, TRUNC = (
    os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_EXCL, os.O_TRUNC,
)  # fmt: skip
ALICE, BOB = 65534, 65533
LONGEST = "n" * 255
CHECKS = []

libc = ctypes.CDLL(None, use_errno=True)


def check(function):
    CHECKS.append(function)
    return function


class Tally:
    def __init__(self):
        self.tried = 0
        self.failures = []

    def expect(self, what, actual, expected, depth=2):
        """`expected` is one value, or a set of them."""
        self.tried += 1
        allowed = expected if isinstance(expected, set) else [expected]
        if actual not in allowed:
            lines = []
            frame = sys._getframe(depth)
            while frame and frame.f_code.co_name != "run":
                lines.append(str(frame.f_lineno))
                frame = frame.f_back
            where = " < ".join(lines)
            self.failures.append(f"line {where}: {what}: {actual}, expected {expected}")


tally = Tally()


def attempt(call, *arguments):
    """The name of the error, or ''; an open file is closed."""
    try:
        result = call(*arguments)
    except OSError as error:
        return errorcode[error.errno]
    if call is os.open:
        os.close(result)
    return ""


def expect(code, call, *arguments):
    shown = [str(a) if len(str(a)) < 40 else str(a)[:20] + "..." for a in arguments]
    what = f"{getattr(call, '__name__', call)}({', '.join(shown)})"
    tally.expect(what, attempt(call, *arguments), code)


def same(what, actual, expected):
    tally.expect(what, actual, expected)


@contextmanager
def user(uid, gid=None, *others):
    gid = uid if gid is None else gid
    os.setgroups([gid, *others])
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups([0])


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


class timespec(ctypes.Structure):
    _fields_ = [("sec", ctypes.c_long), ("nsec", ctypes.c_long)]


def utimens(path, atime, mtime, follow=True):
    """Each time is (seconds, nanoseconds), or NOW, or OMIT."""
    times = (timespec * 2)(*[t if isinstance(t, tuple) else (0, t) for t in (atime, mtime)])
    if libc.utimensat(-100, path.encode(), times, 0 if follow else 0x100) < 0:
        raise OSError(ctypes.get_errno(), path)


# --- nodes of each type


def regular(path):
    os.close(os.open(path, W | CREAT | EXCL, 0o644))


def fifo(path):
    os.mkfifo(path, 0o644)


def bind(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)


def mkdir(path):
    os.mkdir(path, 0o755)


def symlink(path):
    os.symlink("nowhere", path)


def device(path, kind=stat.S_IFCHR):
    os.mknod(path, kind | 0o644, os.makedev(1, 3))


def block(path):
    device(path, stat.S_IFBLK)


TYPES = {
    regular: stat.S_IFREG, fifo: stat.S_IFIFO, bind: stat.S_IFSOCK, symlink: stat.S_IFLNK,
    mkdir: stat.S_IFDIR,
}  # fmt: skip


def remove(path):
    os.rmdir(path) if stat.S_ISDIR(os.lstat(path).st_mode) else os.unlink(path)


def mode(path):
    return oct(stat.S_IMODE(os.lstat(path).st_mode))


def owner(path):
    info = os.lstat(path)
    return info.st_uid, info.st_gid


def write(path, data=b"x", flags=W):
    fd = os.open(path, flags)
    try:
        return os.write(fd, data)
    finally:
        os.close(fd)


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


def tick():
    """Until a file that changes now has a later time than any before."""
    began = time.clock_gettime_ns(time.CLOCK_REALTIME)
    while time.clock_gettime_ns(CLOCK_REALTIME_COARSE) <= began:
        pass
