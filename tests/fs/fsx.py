#!/usr/bin/python3
"""Random operations on ordinary files, each compared with a model in memory.

usage: fsx.py FOLDER [OPERATIONS [SEED]]

A few files are written, read, truncated, extended, mapped, renamed, linked, copied between, punched
and synced, through descriptors that are opened and closed at random. What is read, and each size,
is what the model has. The same seed makes the same operations.
"""
import ctypes
import errno
import mmap
import os
import random
import sys

NAMES = ["a", "b.txt", ".c", "d~"]
MOST = 256 * 1024  # bytes of a file
PIECE = 40000  # bytes of one operation, at most
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


def fallocate(fd, mode, offset, size):
    if libc.fallocate(fd, mode, offset, size) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


class File:
    """One file of the model, and a descriptor of the one that is tested."""

    def __init__(self, path):
        self.data = bytearray()
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)


class Trial:
    def __init__(self, folder, seed):
        self.random = random.Random(seed)
        self.folder = folder
        self.files = {}
        self.unlinked = []
        for name in NAMES:
            self.files[name] = File(self.path(name))

    def path(self, name):
        return os.path.join(self.folder, name)

    def pick(self):
        name = self.random.choice(sorted(self.files))
        return name, self.files[name]

    def some(self):
        """A file that has a name, or, now and then, one that has none any more."""
        if self.unlinked and self.random.random() < 0.2:
            return self.random.choice(self.unlinked)
        return self.pick()[1]

    def range(self, file, inside=False):
        top = len(file.data) if inside else MOST - PIECE
        offset = self.random.randint(0, max(top, 0))
        return offset, self.random.randint(1, PIECE)

    def bytes(self, size):
        return self.random.randbytes(min(size, 64)) * (size // 64) + self.random.randbytes(size % 64)

    def check(self, what, actual, expected):
        if actual != expected:
            at = next(
                (i for i, (a, b) in enumerate(zip(actual, expected)) if a != b),
                min(len(actual), len(expected)),
            )
            raise AssertionError(
                f"{what}: {len(actual)} bytes for {len(expected)}, different from byte {at} on"
            )

    # --- operations

    def put(self, file, offset, data):
        if offset > len(file.data):
            file.data.extend(bytes(offset - len(file.data)))
        file.data[offset : offset + len(data)] = data

    def do_write(self):
        file = self.some()
        offset, size = self.range(file)
        data = self.bytes(size)
        assert os.pwrite(file.fd, data, offset) == size
        self.put(file, offset, data)

    def do_read(self):
        file = self.some()
        offset, size = self.range(file)
        self.check("read", os.pread(file.fd, size, offset), bytes(file.data[offset : offset + size]))

    def do_append(self):
        name, file = self.pick()
        size = min(self.random.randint(1, PIECE), MOST - len(file.data))
        data = self.bytes(max(size, 0))
        fd = os.open(self.path(name), os.O_WRONLY | os.O_APPEND)
        try:
            assert os.write(fd, data) == len(data)
        finally:
            os.close(fd)
        self.put(file, len(file.data), data)

    def do_truncate(self):
        file = self.some()
        size = self.random.randint(0, MOST)
        os.ftruncate(file.fd, size)
        self.cut(file, size)

    def do_truncate_path(self):
        name, file = self.pick()
        size = self.random.randint(0, MOST)
        os.truncate(self.path(name), size)
        self.cut(file, size)

    def cut(self, file, size):
        del file.data[size:]
        file.data.extend(bytes(size - len(file.data)))

    def do_open_truncate(self):
        name, file = self.pick()
        os.close(os.open(self.path(name), os.O_WRONLY | os.O_TRUNC))
        file.data.clear()

    def do_map(self):
        """A shared map, written through or read."""
        file = self.some()
        if not file.data:
            return
        with mmap.mmap(file.fd, len(file.data)) as memory:
            offset, size = self.range(file, inside=True)
            size = min(size, len(file.data) - offset)
            if self.random.random() < 0.5:
                self.check("map", memory[offset : offset + size], file.data[offset : offset + size])
                return
            data = self.bytes(size)
            memory[offset : offset + size] = data
            file.data[offset : offset + size] = data
            if self.random.random() < 0.5:
                memory.flush()

    def do_reopen(self):
        name, file = self.pick()
        os.close(file.fd)
        file.fd = os.open(self.path(name), os.O_RDWR)

    def do_sync(self):
        os.fsync(self.some().fd)

    def do_size(self):
        name, file = self.pick()
        assert os.stat(self.path(name)).st_size == len(file.data), "stat"
        file = self.some()
        assert os.fstat(file.fd).st_size == len(file.data), "fstat"

    def do_whole(self):
        name, file = self.pick()
        with open(self.path(name), "rb") as stream:
            self.check(f"the whole of {name}", stream.read(), bytes(file.data))

    def do_punch(self):
        file = self.some()
        offset, size = self.range(file)
        try:
            fallocate(file.fd, PUNCH_HOLE | KEEP_SIZE, offset, size)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            return
        end = min(offset + size, len(file.data))
        file.data[offset:end] = bytes(max(end - offset, 0))

    def do_allocate(self):
        file = self.some()
        offset, size = self.range(file)
        os.posix_fallocate(file.fd, offset, size)
        if offset + size > len(file.data):
            self.cut(file, offset + size)

    def do_copy(self):
        source = self.some()
        target = self.some()
        if source is target:
            return
        offset, size = self.range(source, inside=True)
        to = self.random.randint(0, MOST - PIECE)
        copied = os.copy_file_range(source.fd, target.fd, size, offset, to)
        data = source.data[offset : offset + size]
        assert copied <= len(data)
        if copied:
            self.put(target, to, data[:copied])

    def do_rename(self):
        name, file = self.pick()
        other = self.random.choice(NAMES)
        if name == other:
            return
        os.rename(self.path(name), self.path(other))
        self.forget(other)
        self.files[other] = self.files.pop(name)

    def do_unlink(self):
        name, file = self.pick()
        os.unlink(self.path(name))
        self.forget(name)

    def forget(self, name):
        file = self.files.pop(name, None)
        if file:
            self.unlinked.append(file)
        while len(self.unlinked) > 3:
            os.close(self.unlinked.pop(0).fd)

    def do_create(self):
        for name in NAMES:
            if name not in self.files:
                self.files[name] = File(self.path(name))
                return

    def do_list(self):
        same = sorted(os.listdir(self.folder)) == sorted(self.files)
        assert same, f"listed: {os.listdir(self.folder)}, expected: {sorted(self.files)}"

    # ---

    OPERATIONS = [
        (do_write, 20), (do_read, 20), (do_append, 8), (do_truncate, 4), (do_truncate_path, 3),
        (do_open_truncate, 1), (do_map, 12), (do_reopen, 6), (do_sync, 1), (do_size, 8),
        (do_whole, 6), (do_punch, 4), (do_allocate, 3), (do_copy, 5), (do_rename, 2),
        (do_unlink, 1), (do_create, 4), (do_list, 1),
    ]  # fmt: skip

    def run(self, count):
        calls, weights = zip(*self.OPERATIONS)
        for number in range(count):
            if not self.files:
                self.do_create()
            call = self.random.choices(calls, weights)[0]
            try:
                call(self)
            except (AssertionError, OSError) as error:
                raise AssertionError(f"operation {number}, {call.__name__}: {error!r}") from error

    def finish(self):
        """Each file once more, by its name and by its descriptor."""
        for name, file in sorted(self.files.items()):
            self.check(name, os.pread(file.fd, MOST * 2, 0), bytes(file.data))
            with open(self.path(name), "rb") as stream:
                self.check(name, stream.read(), bytes(file.data))
        for file in self.unlinked:
            self.check("unlinked", os.pread(file.fd, MOST * 2, 0), bytes(file.data))


def main():
    folder = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    trial = Trial(folder, seed)
    trial.run(count)
    trial.finish()
    print(f"{count} operations, seed {seed}: as the model has it")


main()
