"""Nodes: how they are made, and who opens them."""
import os
import stat
import subprocess

from trial import *

@check
def modes_and_owners_of_what_is_made():
    makers = {
        "open": lambda p, m: os.close(os.open(p, W | CREAT, m)),
        "open to read": lambda p, m: os.close(os.open(p, R | CREAT, m)),
        "mkdir": os.mkdir,
        "mkfifo": os.mkfifo,
        "mknod": lambda p, m: os.mknod(p, m | stat.S_IFREG),
    }
    os.chmod(".", 0o777)
    for make in makers.values():
        for mask, wanted in (0, 0o755), (0, 0o151), (0o77, 0o151), (0o70, 0o345), (0o501, 0o345), (0, 0):  # fmt: skip
            with umask(mask):
                expect("", make, "x", wanted)
            same("the mode", mode("x"), oct(wanted & ~mask))
            remove("x")
        for uid, gid in (0, 0), (ALICE, ALICE), (ALICE, BOB):
            with user(uid, gid):
                expect("", make, "x", 0o644)
            same("the owner", owner("x"), (uid, gid))
            remove("x")
    with umask(0o22), user(ALICE):
        symlink("x")
        same("the mode and owner of a link", (mode("x"), owner("x")), ("0o777", (ALICE, ALICE)))
        remove("x")
        bind("x")
        same("the mode and owner of a socket", (mode("x"), owner("x")), ("0o755", (ALICE, ALICE)))
        remove("x")
    os.chmod(".", 0o755)


@check
def set_gid_folders():
    mkdir("d")
    os.chown("d", ALICE, BOB)
    os.chmod("d", 0o2777)
    with user(ALICE, 4242):
        for make in TYPES:
            make("d/x")
            same("the owner", owner("d/x"), (ALICE, BOB))
            same("the bit", mode("d/x")[:3] == "0o2", make is mkdir)
            remove("d/x")
    os.rmdir("d")


@check
def devices():
    for make, code in (device, {"", "EPERM"}), (block, {"", "EPERM"}):
        expect(code, make, "x")
        if os.path.lexists("x"):
            same("the device", os.lstat("x").st_rdev, os.makedev(1, 3))
            expect("EACCES", os.open, "x", R)
            TYPES[make] = stat.S_IFMT(os.lstat("x").st_mode)
            os.unlink("x")
        with user(ALICE):
            expect({"EPERM", "EACCES"}, make, "x")


# --- open


@check
def permission_to_open():
    for make in regular, fifo:
        make("x")
        for digit in range(8):
            for shift, (uid, gid) in (6, (ALICE, ALICE)), (3, (BOB, ALICE)), (0, (BOB, BOB)):
                os.chmod("x", 0o777 & ~(7 << shift) | digit << shift)
                os.chown("x", ALICE, ALICE)
                with user(uid, gid):
                    expect("" if digit & 4 else "EACCES", os.open, "x", R | os.O_NONBLOCK)
                    expect("" if digit & 6 == 6 else "EACCES", os.open, "x", RW)
                    if make is regular:
                        expect("" if digit & 2 else "EACCES", os.open, "x", W)
                        expect("" if digit & 2 else "EACCES", os.open, "x", W | TRUNC)
        remove("x")
    expect("EACCES", lambda: user_opens_new(0o755))
    expect("", lambda: user_opens_new(0o777))


def user_opens_new(mode_):
    os.chmod(".", mode_)
    try:
        with user(ALICE):
            fd = os.open("new", RW | CREAT, 0)
        os.write(fd, b"the mode holds for the next open")
        os.ftruncate(fd, 3)
        os.posix_fallocate(fd, 0, 9)
        same("the size", os.fstat(fd).st_size, 9)
        os.close(fd)
        os.unlink("new")
    finally:
        os.chmod(".", 0o755)


@check
def errors_of_open():
    mkdir("d")
    symlink("link")
    regular("x")
    fifo("fifo")
    bind("sock")
    for flags in W, RW, R | TRUNC, W | TRUNC:
        expect("EISDIR", os.open, "d", flags)
    expect("EISDIR", os.open, "d", CREAT)
    expect("ENOTDIR", os.open, "x", os.O_DIRECTORY)
    expect("ENOTDIR", os.open, "x/", R)
    expect("ELOOP", os.open, "link", os.O_NOFOLLOW)
    expect("ENOENT", os.open, "link", R)
    expect("ENXIO", os.open, "fifo", W | os.O_NONBLOCK)
    for flags in R, W, RW:
        expect("ENXIO", os.open, "sock", flags)
    expect("", os.open, "link", W | CREAT)
    same("what a link led to", sorted(os.listdir(".")), ["d", "fifo", "link", "nowhere", "sock", "x"])
    for name in os.listdir("."):
        remove(name)


@check
def a_program_that_runs_is_not_written():
    with open("/bin/cat", "rb") as source, open("cat", "wb") as target:
        target.write(source.read())
    os.chmod("cat", 0o755)
    with subprocess.Popen(["./cat"], stdin=subprocess.PIPE) as running:
        expect("ETXTBSY", os.open, "cat", W)
        expect("ETXTBSY", os.open, "cat", RW)
        expect("ETXTBSY", os.open, "cat", W | TRUNC)
        expect("ETXTBSY", os.truncate, "cat", 0)
        running.stdin.close()
    expect("", os.open, "cat", W)
    os.unlink("cat")
