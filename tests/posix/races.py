#!/usr/bin/python3
"""Many processes that make, rename, link, open, list and remove the same few names at once.

usage: races.py FOLDER SECONDS [PROCESSES]

Nothing is known of what each call finds; but no call may fail with an error that none of them can
cause, what is open must stay what it was, and the folder must be empty once all is removed.
"""
import errno
import os
import random
import stat
import sys
import time

NAMES = [f"n{i}" for i in range(6)]
FOLDERS = ["d0", "d1"]
ALLOWED = {
    errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.EINVAL,
    errno.ENXIO, errno.ELOOP, errno.EPERM, errno.EACCES,
}  # fmt: skip
NOREPLACE, EXCHANGE = 1, 2


def path(chance):
    name = chance.choice(NAMES)
    return name if chance.random() < 0.6 else f"{chance.choice(FOLDERS)}/{name}"


def write_and_read(chance):
    """What is open is this file, whatever becomes of its name."""
    at = path(chance)
    fd = os.open(at, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return
        data = chance.randbytes(chance.randrange(1, 5000))
        where = os.getpid() % 256 * 8192  # nobody else's place
        os.pwrite(fd, data, where)
        got = os.pread(fd, len(data), where)
        # Somebody else may have cut the file, and made it longer again.
        if got != data and any(a not in (0, b) for a, b in zip(got, data)):
            raise AssertionError(f"{at}: other bytes than were written")
    finally:
        os.close(fd)


def list_(chance):
    names = os.listdir(chance.choice([".", *FOLDERS]))
    if len(names) != len(set(names)):
        raise AssertionError(f"twice: {names}")


def make_folder(chance):
    os.mkdir(chance.choice([*FOLDERS, path(chance)]))


def remove_folder(chance):
    os.rmdir(chance.choice([*FOLDERS, path(chance)]))


CALLS = [
    (write_and_read, 6),
    (lambda c: os.unlink(path(c)), 3),
    (lambda c: os.rename(path(c), path(c)), 6),
    (lambda c: os.link(path(c), path(c), follow_symlinks=False), 2),
    (lambda c: os.symlink(path(c), path(c)), 1),
    (lambda c: os.mkfifo(path(c)), 1),
    (lambda c: os.truncate(path(c), c.randrange(3000)), 1),
    (lambda c: os.stat(path(c)), 2),
    (lambda c: os.chmod(path(c), c.choice([0o600, 0o644, 0o777])), 1),
    (lambda c: os.utime(path(c), ns=(c.randrange(10**9), c.randrange(10**9))), 1),
    (list_, 1),
    (make_folder, 2),
    (remove_folder, 1),
]


def work(seed, until):
    chance = random.Random(seed)
    calls, weights = zip(*CALLS)
    done = 0
    while done % 64 or time.monotonic() < until:
        call = chance.choices(calls, weights)[0]
        try:
            call(chance)
        except OSError as error:
            if error.errno not in ALLOWED:
                raise
        done += 1
    return done


def child(seed, until):
    code = 1
    try:
        print(f"{work(seed, until)} calls")
        sys.stdout.flush()
        code = 0
    except BaseException as error:
        print(f"process {seed}: {error!r}", file=sys.stderr)
    finally:
        os._exit(code)


def clear(folder):
    for name in os.listdir(folder):
        at = f"{folder}/{name}"
        if os.path.isdir(at) and not os.path.islink(at):
            os.chmod(at, 0o700)
            clear(at)
            os.rmdir(at)
        else:
            os.unlink(at)


def main():
    os.chdir(sys.argv[1])
    until = time.monotonic() + float(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    pids = []
    for seed in range(count):
        pid = os.fork()
        if pid == 0:
            child(seed, until)
        pids.append(pid)
    failed = [pid for pid in pids if os.waitpid(pid, 0)[1] != 0]
    clear(".")
    if failed or os.listdir("."):
        sys.exit(f"failed: {failed}, left: {os.listdir('.')}")


main()
