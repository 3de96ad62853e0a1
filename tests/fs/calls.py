"""System calls, one at a time, for the tests that are about them."""
import ctypes
import errno
import json
import os
import subprocess
import sys

RW = os.O_RDWR
W = os.O_WRONLY
R = os.O_RDONLY
TRUNC = os.O_TRUNC
CREAT = os.O_CREAT
EXCL = os.O_EXCL
APPEND = os.O_APPEND

NOREPLACE = 1  # of rename2
EXCHANGE = 2

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100


def refused(code, call, *arguments):
    """The call fails with this errno."""
    try:
        result = call(*arguments)
    except OSError as error:
        if error.errno != code:
            name = errno.errorcode.get(error.errno, error.errno)
            raise AssertionError(f"expected {errno.errorcode[code]}, got {name}") from None
        return
    raise AssertionError(f"expected {errno.errorcode[code]}, but it succeeded with {result!r}")


def same(actual, expected):
    if actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


def read(path):
    """In this process, by plain calls."""
    fd = os.open(path, R)
    try:
        parts = []
        while part := os.read(fd, 1 << 16):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(fd)


def write(path, data, flags=W | CREAT | TRUNC):
    fd = os.open(path, flags, 0o666)
    try:
        return os.write(fd, data)
    finally:
        os.close(fd)


def rename2(old, new, flags):
    """renameat2(2)."""
    if libc.renameat2(AT_FDCWD, old.encode(), AT_FDCWD, new.encode(), flags) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), old)


def by_other(script):
    """In another process."""
    subprocess.run(["dash", "-ec", script], check=True)


def version(path):
    return int(os.getxattr(path, "user.persistfs.version"))
