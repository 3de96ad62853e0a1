"""Folders by opendir(3) and its kind, which Python does not have."""
import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)


class Dirent(ctypes.Structure):
    _fields_ = [
        ("ino", ctypes.c_uint64),
        ("off", ctypes.c_int64),
        ("reclen", ctypes.c_ushort),
        ("type", ctypes.c_ubyte),
        ("name", ctypes.c_char * 256),
    ]


LIBC.opendir.restype = ctypes.c_void_p
LIBC.opendir.argtypes = [ctypes.c_char_p]
LIBC.readdir.restype = ctypes.POINTER(Dirent)
LIBC.readdir.argtypes = [ctypes.c_void_p]
LIBC.telldir.restype = ctypes.c_long
LIBC.telldir.argtypes = [ctypes.c_void_p]
LIBC.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
LIBC.rewinddir.argtypes = [ctypes.c_void_p]
LIBC.closedir.argtypes = [ctypes.c_void_p]


class Folder:
    def __init__(self, path):
        self.dir = LIBC.opendir(path.encode())
        assert self.dir, path

    def read(self):
        """The name, number and type of the next entry; None at the end."""
        entry = LIBC.readdir(self.dir)
        if not entry:
            return None
        return entry.contents.name.decode(), entry.contents.ino, entry.contents.type

    def tell(self):
        return LIBC.telldir(self.dir)

    def seek(self, offset):
        LIBC.seekdir(self.dir, offset)

    def rewind(self):
        LIBC.rewinddir(self.dir)

    def close(self):
        LIBC.closedir(self.dir)

    def rest(self):
        """(offset, name) of what follows."""
        entries = []
        while True:
            at = self.tell()
            entry = self.read()
            if entry is None:
                return entries
            entries.append((at, entry[0]))
