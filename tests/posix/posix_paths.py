"""Paths: the errors of each call that takes one."""
import os

from trial import *

# Each call with a path; whether it makes a name, takes one away, and follows a link at the end.
MAKES, TAKES, FOLLOWS = 1, 2, 4
CALLS = {
    "create": (regular, MAKES),
    "mkdir": (mkdir, MAKES),
    "mkfifo": (fifo, MAKES),
    "symlink": (lambda p: os.symlink("x", p), MAKES),
    "link": (lambda p: os.link("there", p), MAKES),
    "rename to": (lambda p: os.rename("there", p), MAKES),
    "rename": (lambda p: os.rename(p, "other"), TAKES),
    "link from": (lambda p: os.link(p, "other"), 0),
    "unlink": (os.unlink, TAKES),
    "rmdir": (os.rmdir, TAKES),
    "open": (lambda p: os.close(os.open(p, R)), FOLLOWS),
    "truncate": (lambda p: os.truncate(p, 5), FOLLOWS),
    "chmod": (lambda p: os.chmod(p, 0o644), FOLLOWS),
    "chown": (lambda p: os.chown(p, os.geteuid(), -1), FOLLOWS),
    "lchown": (lambda p: os.lchown(p, os.geteuid(), -1), 0),
    "utimensat": (lambda p: utimens(p, NOW, NOW), FOLLOWS),
    "stat": (os.stat, FOLLOWS),
    "lstat": (os.lstat, 0),
    "readlink": (os.readlink, 0),
}


def named(name, call):
    def wrapper(path):
        call(path)

    wrapper.__name__ = name
    return wrapper


CALLS = {name: (named(name, call), does) for name, (call, does) in CALLS.items()}


@check
def errors_of_paths():
    regular("there")
    os.symlink("loop2", "loop1")
    os.symlink("loop1", "loop2")
    for name, (call, does) in CALLS.items():
        expect("ENOTDIR", call, "there/x")
        expect("ENOENT", call, "missing/x")
        expect("ENAMETOOLONG", call, LONGEST + "n")
        expect("ENAMETOOLONG", call, LONGEST + "n/x")
        expect("ENAMETOOLONG", call, "./" * 2047 + "xx")
        expect("ELOOP", call, "loop1/x")
        expect("ENOENT" if not does & MAKES else "", call, "./" * 2046 + "x")
        if does & MAKES:
            os.rename("x", "there") if name == "rename to" else remove("x")
            expect("", call, LONGEST)
            os.rename(LONGEST, "there") if name == "rename to" else remove(LONGEST)
        if not does & MAKES:
            expect("ENOENT", call, "missing")
            expect("ENOENT", call, "")
        if does & FOLLOWS:
            expect("ELOOP", call, "loop1")
    expect("EINVAL", os.readlink, "there")
    for name in "there", "loop1", "loop2":
        os.unlink(name)


@check
def errors_of_permission():
    """Of a folder that cannot be searched, and of one that cannot be written."""
    for mode_, makes in (0o644, "EACCES"), (0o555, "EACCES"), (0o755, ""):
        for name, (call, does) in CALLS.items():
            mkdir("d")
            os.chown("d", ALICE, ALICE)
            for at in "there", "d/there", "d/link":
                symlink(at) if at == "d/link" else regular(at)
                os.lchown(at, ALICE, ALICE)
            at = "d/new" if does & MAKES else "d/link" if name == "readlink" else "d/there"
            code = makes if does & (MAKES | TAKES) or mode_ == 0o644 else ""
            if name == "rmdir" and code == "":
                code = "ENOTDIR"
            os.chmod("d", mode_)
            os.chmod(".", 0o777)
            with user(ALICE):
                expect(code, call, at)
            os.chmod(".", 0o755)
            os.chmod("d", 0o755)
            for at in "d/new", "d/link", "d/there", "there", "other":
                attempt(remove, at)
            os.rmdir("d")


@check
def errors_of_names_that_are_taken():
    regular("there")
    for make in TYPES:
        make("taken")
        for name, (call, does) in CALLS.items():
            if does & MAKES and name != "rename to":
                expect("EEXIST", call, "taken")
        expect({"EEXIST", "EISDIR"} if make is mkdir else "EEXIST", os.open, "taken", CREAT | EXCL)
        remove("taken")
    os.unlink("there")


@check
def longest_path():
    parts = ["d" * 127] * 31
    path = "/".join([*parts, "f" * (4095 - 31 * 128)])
    fds = [os.open(".", R)]
    for part in parts:
        os.mkdir(part, dir_fd=fds[-1])
        fds.append(os.open(part, R, dir_fd=fds[-1]))
    for make in TYPES:
        if make is not bind:  # its path has 107 bytes
            expect("", make, path)
            expect("ENAMETOOLONG", make, path + "x")
            expect("", remove, path)
    expect("", os.symlink, path, "link")
    expect("ENAMETOOLONG", os.symlink, path + "x", "link2")
    same("readlink", os.readlink("link"), path)
    os.unlink("link")
    for part, fd in zip(reversed(parts), reversed(fds[:-1])):
        os.rmdir(part, dir_fd=fd)
    for fd in fds:
        os.close(fd)
