"""Changes of attributes and sizes: who may make them, and which times they leave."""
import os
import stat

from trial import *

# --- times


def times(path):
    info = os.lstat(path)
    return {"a": info.st_atime_ns, "m": info.st_mtime_ns, "c": info.st_ctime_ns}


def changes(call, arguments, watched, expected):
    """`expected` are letters a path: those of times that change, in upper case those that must not.
    Nothing is said of the others."""
    before = {path: times(path) for path in [*watched, "."] if os.path.lexists(path)}
    tick()
    expect("", call, *arguments)
    for path, letters in zip(watched, expected.split(",")):
        after = times(path)
        name = getattr(call, "__name__", call)
        for letter in letters:
            old = before.get(path, before["."])[letter.lower()]
            changed = after[letter.lower()] > old
            same(f"{name}: {letter.lower()}time of {path} changes", changed, letter.islower())


def unchanged(code, call, *arguments, watched=(".", "x")):
    before = {path: times(path) for path in watched}
    tick()
    expect(code, call, *arguments)
    for path in watched:
        same(f"the times of {path} after {getattr(call, '__name__', call)}", times(path), before[path])


@check
def times_of_what_is_made_and_removed():
    for make in TYPES:
        changes(make, ["x"], ["x", "."], "amc,mc")
        if make is not mkdir:
            changes(os.link, ["x", "y"], ["x", "."], "AMc,mc")
            changes(os.unlink, ["y"], ["x", "."], "AMc,mc")
        changes(os.rename, ["x", "y"], ["."], "mc")
        changes(remove, ["y"], ["."], "mc")
        mkdir("d")
        make("d/x")
        changes(os.rename, ["d/x", "x"], ["d", "."], "mc,mc")
        changes(os.rename, ["x", "d/x"], ["d", "."], "mc,mc")
        changes(remove, ["d/x"], ["d", "."], "mc,MC")
        os.rmdir("d")


@check
def times_after_refused_calls():
    for make in TYPES:
        make("x")
        with user(ALICE):
            unchanged("EACCES", os.rename, "x", "y")
            unchanged("EACCES", remove, "x")
            unchanged({"EPERM", "EACCES"}, os.link, "x", "y")
            unchanged("EPERM", os.lchown, "x", ALICE, ALICE)
            if make is not symlink:
                unchanged("EPERM", os.chmod, "x", 0o600)
        unchanged("EEXIST", mkdir, "x")
        remove("x")


@check
def times_of_contents_and_attributes():
    write("x", b"hello", W | CREAT)
    changes(write, ["x"], ["x", "."], "Amc,MC")
    changes(os.truncate, ["x", 3], ["x", "."], "Amc,MC")
    changes(os.truncate, ["x", 30], ["x", "."], "Amc,MC")
    changes(write, ["x", b"", W | TRUNC], ["x", "."], "Amc,MC")
    changes(os.chmod, ["x", 0o600], ["x", "."], "AMc,MC")
    changes(os.chown, ["x", ALICE, ALICE], ["x", "."], "AMc,MC")
    changes(utimens, ["x", OMIT, (5, 5)], ["x", "."], "Ac,MC")
    changes(utimens, ["x", NOW, NOW], ["x", "."], "mc,MC")
    changes(write, ["x", b"", W | CREAT], ["x", "."], "AMC,MC")
    unchanged("", utimens, "x", OMIT, OMIT)
    fd = os.open("x", RW)
    changes(lambda: os.posix_fallocate(fd, 0, 100), [], ["x", "."], "Ac,MC")
    os.close(fd)
    os.unlink("x")
    for make in TYPES:
        make("x")
        changes(os.lchown, ["x", ALICE, BOB], ["x", "."], "AMc,MC")
        with user(ALICE, 4242):
            changes(os.lchown, ["x", -1, 4242], ["x", "."], "AMc,MC")
        remove("x")


# --- utimensat


@check
def utimensat():
    for make in TYPES:
        make("x")
        utimens("x", (1900000000, 123456789), (1950000000, 987654321), follow=False)
        info = os.lstat("x")
        same("atime", info.st_atime_ns, 1900000000123456789)
        same("mtime", info.st_mtime_ns, 1950000000987654321)
        utimens("x", OMIT, (7, 8), follow=False)
        same("atime", os.lstat("x").st_atime_ns, 1900000000123456789)
        same("mtime", os.lstat("x").st_mtime_ns, 7000000008)
        utimens("x", (9, 10), OMIT, follow=False)
        same("times", (times("x")["a"], times("x")["m"]), (9000000010, 7000000008))
        utimens("x", (1 << 31, 0), (1 << 32, 0), follow=False)
        same("times", (times("x")["a"], times("x")["m"]), ((1 << 31) * 10**9, (1 << 32) * 10**9))
        utimens("x", (-5, 0), (-6, 0), follow=False)
        same("times", (times("x")["a"], times("x")["m"]), (-5 * 10**9, -6 * 10**9))
        remove("x")
    regular("nowhere")
    symlink("x")
    utimens("x", (100, 0), (200, 0))
    same("behind the link", times("nowhere")["m"], 200 * 10**9)
    same("the link itself", times("x")["m"] != 200 * 10**9, True)
    os.unlink("x")
    os.unlink("nowhere")


@check
def who_sets_times():
    """The owner and root anything; who may write it, the present alone."""
    for make in regular, mkdir, fifo:
        for mode_, own, code in (0o644, False, "EACCES"), (0o666, False, ""), (0o444, True, ""):
            make("x")
            os.chown("x", *((ALICE, ALICE) if own else (0, 0)))
            os.chmod("x", mode_)
            with user(ALICE):
                expect(code, utimens, "x", NOW, NOW)
                expect("", utimens, "x", OMIT, OMIT)
                for pair in ((1, 0), (2, 0)), (OMIT, (2, 0)), ((1, 0), OMIT), (OMIT, NOW), (NOW, OMIT):  # fmt: skip
                    expect("" if own else "EPERM", utimens, "x", *pair)
            expect("", utimens, "x", (1, 0), (2, 0))
            remove("x")


# --- modes and owners


@check
def who_changes_modes():
    for make in TYPES:
        if make is symlink:
            continue
        make("x")
        for wanted in 0o111, 0o1621, 0o4755, 0o2755, 0o6777, 0o7777, 0o644:
            expect("", os.chmod, "x", wanted)
            same("the mode", mode("x"), oct(wanted))
        os.symlink("x", "link")
        before = mode("link")
        expect("", os.chmod, "link", 0o222)
        same("behind a link", (mode("x"), mode("link")), ("0o222", before))
        os.unlink("link")
        os.chown("x", ALICE, ALICE)
        with user(BOB, ALICE):
            expect("EPERM", os.chmod, "x", 0o644)
        with user(ALICE, ALICE):
            for wanted in 0o1644, 0o2755, 0o4755, 0o600:
                expect("", os.chmod, "x", wanted)
                same("the owner's mode", mode("x"), oct(wanted))
        with user(ALICE, BOB):
            expect("", os.chmod, "x", 0o2755)
            same("a set-gid bit of another group", mode("x"), "0o755")
        remove("x")


@check
def who_changes_owners():
    for make in TYPES:
        make("x")
        os.lchown("x", ALICE, BOB)
        same("the owner", owner("x"), (ALICE, BOB))
        with user(ALICE, 4242, 4243):
            for group in 4242, 4243:
                expect("", os.lchown, "x", -1, group)
                expect("", os.lchown, "x", ALICE, group)
                same("the group", owner("x"), (ALICE, group))
            expect("EPERM", os.lchown, "x", BOB, -1)
            expect("EPERM", os.lchown, "x", -1, 4244)
        with user(BOB, 4243):
            expect("EPERM", os.lchown, "x", BOB, -1)
            expect("EPERM", os.lchown, "x", ALICE, 4243)
            expect("", os.lchown, "x", -1, -1)
        same("the owner", owner("x"), (ALICE, 4243))
        remove("x")


@check
def set_uid_bits_go():
    for make in regular, fifo, bind:
        make("x")
        os.chown("x", ALICE, ALICE)
        for mode_, left in (0o6555, 0o555), (0o4755, 0o755), (0o2755, 0o755):
            os.chmod("x", mode_)
            with user(ALICE, BOB, ALICE):
                os.chown("x", ALICE, BOB)
            same("the mode after chown", mode("x"), oct(left))
        remove("x")
    calls = {
        "write": lambda: write("x"),
        "append": lambda: write("x", flags=W | os.O_APPEND),
        "truncate": lambda: os.truncate("x", 0),
        "O_TRUNC": lambda: write("x", b"", W | TRUNC),
        "ftruncate": lambda: resized("x", 3),
        "fallocate": lambda: allocated("x"),
    }
    for name, call in calls.items():
        for mode_ in 0o4777, 0o2777, 0o6777:
            write("x", b"hello", W | CREAT)
            os.chmod("x", mode_)
            with user(ALICE):
                call()
            same(f"the mode after {name}", mode("x"), "0o777")
            os.unlink("x")


def resized(path, size):
    fd = os.open(path, W)
    os.ftruncate(fd, size)
    os.close(fd)


def allocated(path):
    fd = os.open(path, W)
    os.posix_fallocate(fd, 0, 10)
    os.close(fd)


# --- sizes


@check
def sizes():
    write("x", bytes(range(256)), W | CREAT)
    for size in 1234567, 567, 23456, 1, 0, 4096, 4095:
        expect("", os.truncate, "x", size)
        same("the size", os.stat("x").st_size, size)
    same("the contents", read("x"), bytes(4095))
    expect("EINVAL", os.truncate, "x", -1)
    mkdir("d")
    expect("EISDIR", os.truncate, "d", 0)
    os.rmdir("d")
    fifo("fifo")
    expect("EINVAL", os.truncate, "fifo", 0)
    os.unlink("fifo")
    with user(ALICE):
        expect("EACCES", os.truncate, "x", 0)
    expect({"EFBIG", "EINVAL"}, os.truncate, "x", 999999999999999)
    expect({"EFBIG", "EINVAL", "ENOSPC"}, os.truncate, "x", 1 << 45)
    same("the size", os.stat("x").st_size, 4095)
    os.unlink("x")


@check
def allocation_and_far_offsets():
    fd = os.open("x", RW | CREAT)
    for offset, size, expected in (0, 567, 567), (20000, 3456, 23456), (0, 10, 23456):
        os.posix_fallocate(fd, offset, size)
        same("the size", os.fstat(fd).st_size, expected)
    expect("EINVAL", os.posix_fallocate, fd, 0, 0)
    expect("EINVAL", os.posix_fallocate, fd, -1, 5)
    expect({"EFBIG", "EINVAL"}, os.posix_fallocate, fd, (1 << 63) - 10, 20)
    expect({"EFBIG", "EINVAL", "ENOSPC"}, os.posix_fallocate, fd, 1 << 50, 20)
    same("the size", os.fstat(fd).st_size, 23456)
    far = (2 << 30) + 1
    expect("", os.pwrite, fd, b"a", far)
    same("the size", os.stat("x").st_size, far + 1)
    same("what is there", os.pread(fd, 5, far - 2), b"\0\0a")
    expect({"EFBIG", "EINVAL"}, os.pwrite, fd, b"a", (1 << 63) - 2)
    os.close(fd)
    fd = os.open("x", R)
    expect("EBADF", os.posix_fallocate, fd, 0, 5)
    expect({"EINVAL", "EBADF"}, os.ftruncate, fd, 0)
    os.close(fd)
    os.unlink("x")
