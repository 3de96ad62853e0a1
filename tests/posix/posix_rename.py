"""Names: link, unlink, rmdir and rename, and what they leave."""
import os
import stat

from trial import *

# --- links


@check
def hard_links():
    for make in TYPES:
        if make is mkdir:
            continue
        make("a")
        type_ = stat.S_IFMT(os.lstat("a").st_mode)
        same("the type", type_, TYPES[make])
        for count, name in (2, "b"), (3, "c"):
            expect("", lambda: os.link("a", name, follow_symlinks=False))
            for other in "a", name:
                same("st_nlink", os.lstat(other).st_nlink, count)
            same("st_ino", os.lstat("a").st_ino, os.lstat(name).st_ino)
        if make is not symlink:
            os.chmod("b", 0o201)
        os.lchown("b", ALICE, BOB)
        same("the owner by another name", owner("c"), (ALICE, BOB))
        for count, name in (2, "a"), (1, "c"):
            expect("", os.unlink, name)
            expect("ENOENT", os.lstat, name)
            same("st_nlink", os.lstat("b").st_nlink, count)
        os.unlink("b")
    mkdir("d")
    expect("EPERM", os.link, "d", "x")
    os.rmdir("d")


@check
def symbolic_links():
    for target in "x", "/", "../..", "a" * 4095, "\udcff\n ":
        expect("", os.symlink, target, "link")
        same("readlink", os.readlink("link"), target)
        same("st_size", os.lstat("link").st_size, len(os.fsencode(target)))
        os.unlink("link")
    expect("ENOENT", os.symlink, "", "link")


# --- taking names away


@check
def taking_away():
    mkdir("d")
    regular("d/x")
    expect("EISDIR", os.unlink, "d")
    expect({"ENOTEMPTY", "EEXIST"}, os.rmdir, "d")
    expect("EINVAL", os.rmdir, "d/.")
    expect({"ENOTEMPTY", "EEXIST", "EINVAL"}, os.rmdir, "d/..")
    for make in TYPES:
        make("d/y")
        expect("" if make is mkdir else "ENOTDIR", os.rmdir, "d/y")
        expect("EISDIR" if make is mkdir else "", os.unlink, "d/y") if make is not mkdir else None
    os.unlink("d/x")
    os.rmdir("d")


@check
def what_is_open_goes_on():
    fd = os.open("x", RW | CREAT)
    os.link("x", "y")
    os.unlink("x")
    same("st_nlink", os.fstat(fd).st_nlink, 1)
    os.unlink("y")
    same("st_nlink", os.fstat(fd).st_nlink, 0)
    os.write(fd, b"Hello, World!")
    same("what is there", os.pread(fd, 99, 0), b"Hello, World!")
    os.fchmod(fd, 0o640)
    os.ftruncate(fd, 5)
    os.utime(fd, ns=(1, 2))
    info = os.fstat(fd)
    same("attributes", (info.st_size, info.st_mtime_ns, oct(info.st_mode)), (5, 2, "0o100640"))
    regular("x")
    same("another file has the name", os.stat("x").st_ino != info.st_ino, True)
    os.unlink("x")
    os.close(fd)
    mkdir("d")
    fd = os.open("d", R)
    os.rmdir("d")
    expect("ENOENT", lambda: os.open("x", W | CREAT, dir_fd=fd))
    same("a folder that is gone", (os.fstat(fd).st_nlink, os.listdir(fd)), (0, []))
    os.close(fd)


@check
def sticky_folders():
    """Who takes from one: the folder's owner, the node's owner, root."""
    for make in TYPES:
        for folder in ALICE, BOB:
            for node in ALICE, BOB, 0:
                mkdir("d")
                mkdir("e")
                for path in "d", "e":
                    os.chown(path, folder, folder)
                    os.chmod(path, 0o1777)
                os.chmod("e", 0o777)
                for path, own in ("d/x", node), ("e/y", ALICE):
                    make(path)
                    os.lchown(path, own, own)
                may = ALICE in (folder, node)
                code = "" if may else {"EPERM", "EACCES"}
                with user(ALICE):
                    # A folder that moves to another one is written itself.
                    moves = code if make is not mkdir or node == ALICE else {"EPERM", "EACCES"}
                    expect(moves, os.rename, "d/x", "e/x")
                    if moves == "":
                        expect({"", "EACCES"} if make is mkdir else "", os.rename, "e/x", "d/x")
                    expect(code, os.rename, "e/y", "d/x")
                    if may:
                        expect("", remove, "d/x")
                    else:
                        expect({"EPERM", "EACCES"}, remove, "d/x")
                for path in "d/x", "e/x", "e/y", "d", "e":
                    attempt(remove, path)


# --- rename


def check_pair(make, over):
    make("from")
    if over:
        over("to")
    inode = os.lstat("from").st_ino
    is_folder, is_over_folder = make is mkdir, over is mkdir
    code = "" if not over or is_folder == is_over_folder else "ENOTDIR" if is_folder else "EISDIR"
    expect(code, os.rename, "from", "to")
    if code == "":
        same("the inode", os.lstat("to").st_ino, inode)
        expect("ENOENT", os.lstat, "from")
    else:
        same("the types", [stat.S_IFMT(os.lstat(p).st_mode) for p in ("from", "to")],
             [TYPES[make], TYPES[over]])  # fmt: skip
        remove("from")
    remove("to")


@check
def rename_each_over_each():
    for make in TYPES:
        for over in None, *TYPES:
            check_pair(make, over)


@check
def errors_of_rename():
    mkdir("d")
    mkdir("d/sub")
    mkdir("e")
    for make in TYPES:
        make("e/x")
        expect({"EEXIST", "ENOTEMPTY"}, os.rename, "d/sub", "e")
        remove("e/x")
    expect("EINVAL", os.rename, "d", "d/x")
    expect("EINVAL", os.rename, "d", "d/sub/x")
    expect({"EINVAL", "ENOTEMPTY", "EEXIST"}, os.rename, "d/sub", "d")
    for dots in ".", "..", "d/.", "d/..":
        expect({"EINVAL", "EBUSY"}, os.rename, dots, "x")
        expect({"EINVAL", "EBUSY", "EEXIST", "ENOTEMPTY"}, os.rename, "d/sub", dots)
    expect("", os.rename, "d/sub", "d/sub")
    for path in "d/sub", "d", "e":
        os.rmdir(path)


@check
def rename_of_folders():
    for path in "a", "b", "a/s", "a/s/deep":
        mkdir(path)
    regular("a/s/x")
    same("st_nlink", [os.stat(p).st_nlink for p in ("a", "b", "a/s")], [3, 2, 3])
    inside = os.open("a/s", R)
    expect("", os.rename, "a/s", "b/t")
    same("st_nlink", [os.stat(p).st_nlink for p in ("a", "b", "b/t")], [2, 3, 3])
    same("..", os.stat("b/t/..").st_ino, os.stat("b").st_ino)
    same(".. of who is in it", os.stat("..", dir_fd=inside).st_ino, os.stat("b").st_ino)
    same("what is in it", sorted(os.listdir(inside)), ["deep", "x"])
    os.close(inside)
    mkdir("a/over")
    expect("", os.rename, "b/t", "a/over")
    same("st_nlink", [os.stat(p).st_nlink for p in ("a", "b")], [3, 2])
    for path in "a/over/x", "a/over/deep", "a/over", "a", "b":
        remove(path)


@check
def rename_with_links():
    for make in TYPES:
        if make is mkdir:
            continue
        make("x")
        os.link("x", "y", follow_symlinks=False)
        expect("", os.rename, "x", "y")
        same("names of one file stay", sorted(os.listdir(".")), ["x", "y"])
        make("z")
        before = os.lstat("y").st_ctime_ns
        tick()
        expect("", os.rename, "z", "x")
        same("st_nlink", os.lstat("y").st_nlink, 1)
        same("ctime changes", os.lstat("y").st_ctime_ns > before, True)
        os.unlink("x")
        os.unlink("y")


@check
def a_folder_is_moved_by_who_may_write_it():
    for path in "a", "b":
        mkdir(path)
        os.chmod(path, 0o777)
    mkdir("a/s")
    regular("a/x")
    with user(ALICE):
        expect({"", "EACCES"}, os.rename, "a/s", "a/t")
        expect({"", "EACCES"}, os.rename, "a/t", "a/s")
        expect({"", "EACCES"}, os.rename, "a/s", "b/s")
        expect("", os.rename, "a/x", "b/x")
    for path in "b/x", "a/s", "b/s", "a", "b":
        attempt(remove, path)
