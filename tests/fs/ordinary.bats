# Ordinary files: whatever is no entity and no view, by the tools and calls that people use.
load lib

# --- what is one

@test "the root keeps files, links, and folders that cannot be collections" {
    put notes.txt hello
    put a.json '{"a": 1}'
    put Makefile 'all:'
    ln -s notes.txt link
    mkdir .git 'a b' a.b
    mkdir users
    is_there .schema/users.json
    same "$(ls -A | xargs -d '\n' printf '%s|')" ".git|.outbox|.schema|Makefile|a b|a.b|a.json|link|notes.txt|users|"
    holds link hello$'\n'
    is_absent users/.errors/notes.txt
}

@test "a collection keeps files, links, and folders beside its entities" {
    make_alice
    put users/notes.txt hello
    put users/alice.json~ 'no JSON'
    put users/.alice.json.swp swap
    put 'users/#alice.json#' autosave
    ln -s ada@host.1:2 users/.#alice.json
    mkdir users/.~tmp~ users/sub
    put users/sub/x.json 'no JSON either'
    mkdir users/sub/y.json
    same "$(ls -A users | xargs)" "#alice.json# .#alice.json .alice.json.swp .~tmp~ alice.json alice.json~ notes.txt sub"
    same "$(readlink users/.#alice.json)" ada@host.1:2
    same "$(ls -A users/.errors)" ""
    has_version users/alice.json 1
}

@test "names of views, present and to come, and of entities are no ordinary files'" {
    make_alice
    for name in users/bob.meta users/bob.audit.jsonl users/bob.do users/bob.get users/.by users/.do \
        users/.query users/.all.jsonl users/.errors users/alice.json@x .fork .snapshot .metrics .outbox/x; do
        if put "$name" hello 2>/dev/null; then fail "this was accepted: $name"; fi
        if mkdir "$name" 2>/dev/null; then fail "this folder was accepted: $name"; fi
        if ln -s x "$name" 2>/dev/null; then fail "this link was accepted: $name"; fi
    done
    refused EBADMSG put users/x.json hello
    refused EPERM mkdir users/x.json
    refused EPERM ln -s alice.json users/x.json
    refused EPERM mkfifo users/x.json
    same "$(ls -A users | xargs)" alice.json
}

@test "a failure at an ordinary file is no refusal" {
    make_open
    mkdir docs/sub
    put docs/sub/x hello
    refused ENOTEMPTY rmdir docs/sub
    refused EEXIST mkdir docs/sub
    same "$(ls -A docs/.errors)" ""
    same "$(cat .errors.jsonl)" ""
}

@test "they are in the store's folder, and there after a remount" {
    make_open
    mkdir -p docs/sub/deep
    put docs/sub/deep/x hello
    put notes.txt hello
    chmod 640 notes.txt
    touch -d 2001-02-03T04:05:06Z notes.txt
    setfattr -n user.color -v blue notes.txt
    ln notes.txt again
    mkfifo pipe
    same "$(stat -c %a "$STORE/files")" 700
    before=$(stat -c '%i %h %a %s %Y %b' notes.txt docs/sub/deep/x pipe)
    restart
    same "$(stat -c '%i %h %a %s %Y %b' notes.txt docs/sub/deep/x pipe)" "$before"
    same "$(getfattr --only-values -n user.color again)" blue
    holds docs/sub/deep/x hello$'\n'
    [[ -p pipe ]]
}

@test "they survive kill -9" {
    put notes.txt hello
    crash_and_clear
    start && cd "$MNT"
    holds notes.txt hello$'\n'
}

@test "a collection with ordinary files is not empty, and leaves nothing when it is dropped" {
    make_open
    put docs/notes.txt hello
    refused ENOTEMPTY rmdir docs
    refused ENOTEMPTY rm .schema/docs.json
    rm docs/notes.txt
    same "$(ls "$STORE/files" | wc -l)" 1
    rmdir docs
    same "$(ls "$STORE/files")" ""
}

@test "a collection hides a file of its name, and gives it back" {
    put docs hello
    put .schema/docs.json '{}'
    [[ -d docs ]]
    same "$(ls | xargs)" docs
    rmdir docs
    holds docs hello$'\n'
}

# --- calls

@test "modes, owners, times, sizes" {
    put x hello
    chmod 4750 x
    same "$(stat -c %a x)" 4750
    truncate -s 3 x
    holds x hel
    truncate -s 5 x
    same "$(od -An -tx1 x)" " 68 65 6c 00 00"
    touch -d 2001-02-03T04:05:06.123456789Z x
    same "$(TZ=UTC stat -c %y x)" "2001-02-03 04:05:06.123456789 +0000"
    chown 1234:4321 x
    same "$(stat -c '%u:%g %a' x)" "1234:4321 750"
    (umask 077 && put y hello && mkdir .d)
    same "$(stat -c %a y .d | xargs)" "600 700"
    ln -s nowhere l
    chown -h 7:8 l
    touch -h -d 2001-02-03T04:05:06Z l
    same "$(stat -c '%u:%g %Y' l)" "7:8 981173106"
}

@test "a file that is opened for what its mode forbids, when it is made" {
    python '
fd = os.open("x", CREAT | EXCL | RW, 0o444)
os.write(fd, b"hello")
same(os.fstat(fd).st_mode & 0o777, 0o444)
os.ftruncate(fd, 2)
os.fsync(fd)
same(os.pread(fd, 9, 0), b"he")
same(os.stat("x").st_size, 2)'
}

@test "writes anywhere, append, and holes" {
    python '
fd = os.open("x", CREAT | RW)
os.pwrite(fd, b"end", 100000)
os.pwrite(fd, b"begin", 0)
with open("x", "ab") as f: f.write(b"!")
same(os.fstat(fd).st_size, 100004)
same(os.pread(fd, 9, 99998), b"\0\0end!")
same(os.lseek(fd, 0, os.SEEK_DATA), 0)
hole = os.lseek(fd, 0, os.SEEK_HOLE)
same(0 < hole < 100000, True)
refused(errno.ENXIO, os.lseek, fd, 100004, os.SEEK_DATA)'
}

@test "an entity has one hole, behind its end" {
    make_alice
    python '
fd = os.open("users/alice.json", R)
size = os.fstat(fd).st_size
same(os.lseek(fd, 3, os.SEEK_DATA), 3)
same(os.lseek(fd, 3, os.SEEK_HOLE), size)
refused(errno.ENXIO, os.lseek, fd, size, os.SEEK_DATA)'
}

@test "fallocate allocates, punches, and gives nothing behind the end" {
    fallocate -l 10000 x
    same "$(stat -c %s x)" 10000
    head -c 10000 /dev/zero | tr '\0' a >x
    fallocate -p -o 4096 -l 4096 x
    same "$(tr -d '\0' <x | wc -c)" 5904
    fails 1 fallocate -n -o 20000 -l 10 x
    same "$(stat -c %s x)" 10000
}

@test "hard links are one file" {
    put x hello
    mkdir .d
    ln x .d/y
    ln .d/y z
    same "$(stat -c '%i %h' x .d/y z | sort -u)" "$(stat -c %i x) 3"
    append .d/y more
    holds x hello$'\nmore\n'
    rm x .d/y
    same "$(stat -c %h z)" 1
    holds z hello$'\nmore\n'
    make_open
    refused EPERM ln z docs/a.json
    put docs/a.json '{}'
    refused EPERM ln docs/a.json .d/a
    ln -s nowhere l
    ln l l2
    same "$(readlink l2)" nowhere
}

@test "a file that was unlinked while it is open goes on" {
    python '
fd = os.open("x", CREAT | RW)
os.write(fd, b"hello")
os.unlink("x")
os.pwrite(fd, b"J", 0)
same(os.pread(fd, 9, 0), b"Jello")
os.ftruncate(fd, 2)
same(os.fstat(fd).st_size, 2)
same(os.fstat(fd).st_nlink, 0)
refused(errno.ENOENT, os.stat, "x")'
}

@test "a shared map is written, and read by others" {
    python '
import mmap
write("x", b"a" * 10000)
fd = os.open("x", RW)
with mmap.mmap(fd, 10000) as memory:
    memory[5000:5005] = b"hello"
    memory.flush()
    same(subprocess.check_output(["tail", "-c", "+5001", "x"])[:5], b"hello")
    os.pwrite(fd, b"J", 5000)
    same(memory[5000:5005], b"Jello")'
}

@test "locks hold between processes" {
    put x hello
    python '
import fcntl
fd = os.open("x", RW)
fcntl.flock(fd, fcntl.LOCK_EX)
same(subprocess.run(["flock", "-n", "x", "true"]).returncode, 1)
fcntl.flock(fd, fcntl.LOCK_UN)
subprocess.run(["flock", "-n", "x", "true"], check=True)
fcntl.lockf(fd, fcntl.LOCK_EX)
other = """import fcntl, os, sys
try:
    fcntl.lockf(os.open("x", os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(7)"""
same(subprocess.run([sys.executable, "-c", other]).returncode, 7)'
}

@test "rename: over, NOREPLACE, EXCHANGE, folders" {
    python '
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def rename2(a, b, flags):
    if libc.renameat2(-100, a.encode(), -100, b.encode(), flags) < 0:
        raise OSError(ctypes.get_errno(), a)
write("a", b"A"); write("b", b"B"); write("c", b"C")
os.rename("a", "b")
same(read("b"), b"A")
refused(errno.ENOENT, os.stat, "a")
refused(errno.EEXIST, rename2, "b", "c", 1)
rename2("b", "c", 2)
same([read("b"), read("c")], [b"C", b"A"])
os.mkdir("users"); os.mkdir(".d"); os.mkdir(".d/e"); write(".d/f", b"F")
os.rename("b", "users/b"); os.rename("users/b", ".d/b"); os.rename(".d/b", "users/b~")
same(os.listdir("users"), ["b~"])
rename2("users/b~", ".d/e", 2)
same(read(".d/e"), b"C")
os.rename("users/b~", "users/e"); os.rename("users/e", ".d/g")
os.rename(".d", "users/.d"); os.rename("users/.d", "a.b")
same(sorted(os.listdir("a.b")), ["e", "f", "g"])
refused(errno.EINVAL, os.rename, "a.b", "a.b/g/x")
refused(errno.EPERM, os.rename, "a.b", "word")
refused(errno.EPERM, os.rename, "a.b", ".outbox/pending/x")
refused(errno.EISDIR, os.rename, "c", "users")
refused(errno.EINVAL, rename2, "c", "new", 4)'
}

@test "the errors are those of any file system" {
    python '
os.mkdir(".d"); write(".d/f", b"x"); os.symlink("loop", "loop")
long = "x" * 255
write(long, b"x"); same(read(long), b"x")
refused(errno.ENAMETOOLONG, os.stat, long + "x")
refused(errno.ENAMETOOLONG, write, ".d/" + long + "x", b"")
refused(errno.ELOOP, read, "loop")
refused(errno.ELOOP, os.open, "loop", R | os.O_NOFOLLOW)
refused(errno.ENOTDIR, os.stat, ".d/f/x")
refused(errno.ENOTDIR, os.rmdir, ".d/f")
refused(errno.ENOTEMPTY, os.rmdir, ".d")
refused(errno.EISDIR, os.unlink, ".d")
refused(errno.EISDIR, os.open, ".d", RW)
refused(errno.EEXIST, os.mkdir, ".d/f")
refused(errno.EEXIST, os.symlink, "x", ".d/f")
refused(errno.EEXIST, os.open, ".d/f", CREAT | EXCL | W)
refused(errno.ENOENT, os.unlink, ".d/none")
refused(errno.ENOENT, os.rename, ".d/none", "x")
refused(errno.EPERM, os.mknod, "dev", 0o600 | 0o020000, os.makedev(1, 3))
refused(errno.EPERM, os.link, ".d", ".e")
refused(errno.ENOTSUP, os.setxattr, ".d/f", "trusted.x", b"1")
refused(errno.E2BIG, os.setxattr, ".d/f", "user.x", b"1" * 5000)
refused(errno.ENODATA, os.getxattr, ".d/f", "user.x")
refused(errno.EROFS, os.setxattr, ".d/f", "user.persistfs.id", b"x")
os.setxattr(".d/f", "user.x", b"1")
refused(errno.EEXIST, os.setxattr, ".d/f", "user.x", b"2", os.XATTR_CREATE)
same(os.listxattr(".d/f"), ["user.x"])
os.removexattr(".d/f", "user.x")
same(os.listxattr(".d/f"), [])
import socket
s = socket.socket(socket.AF_UNIX); s.bind("socket")
c = socket.socket(socket.AF_UNIX); s.listen(); c.connect("socket")'
}

@test "a folder's time changes when its listing does" {
    make_open
    for folder in . docs docs/sub; do
        mkdir -p "$folder"
        touch -d 2001-02-03T04:05:06Z "$OUT/reference"
        before=$(stat -c %y "$folder")
        put "$folder/x" hello
        [[ $(stat -c %y "$folder") != "$before" ]] || fail "$folder was not changed by a new file"
        before=$(stat -c %y "$folder")
        rm "$folder/x"
        [[ $(stat -c %y "$folder") != "$before" ]] || fail "$folder was not changed by a removal"
    done
}

@test "a listing while others come and go has each that stays once" {
    make_open
    mkdir docs/.d
    python '
for folder in "docs", "docs/.d":
    for i in range(700):
        write(f"{folder}/stay{i}", b"")
        if folder == "docs" and i % 3 == 0:
            write(f"docs/e{i}.json", b"{}")
    listing = os.scandir(folder)
    seen = [next(listing).name for _ in range(100)]
    for i in range(300):
        write(f"{folder}/new{i}", b"")
        if i % 2:
            os.unlink(f"{folder}/new{i}")
    seen += [e.name for e in listing]
    same(len([n for n in seen if n.startswith("stay")]), 700)
    same(len(set(seen)), len(seen))
    same([e.inode() == os.stat(e.path, follow_symlinks=False).st_ino for e in os.scandir(folder)].count(False), 0)'
}

# --- who may

@test "a file belongs to who made it, and modes and sticky folders are obeyed" {
    reachable
    restart -o allow_other
    mkdir .open && chmod 1777 .open
    as 1001 bash -c 'echo hello >.open/x; mkdir .open/d; ln -s x .open/l; mkfifo .open/p'
    same "$(stat -c '%u:%g' .open/x .open/d .open/l .open/p | sort -u)" 1001:1001
    refused EACCES as 1001 touch nobody.txt
    refused EACCES as 1002 bash -c 'echo no >.open/x'
    refused EPERM as 1002 rm -f .open/x
    refused EPERM as 1002 mv .open/x .open/y
    refused EPERM as 1002 chmod 777 .open/x
    as 1002 cat .open/x
    chmod 600 .open/x
    refused EACCES as 1002 cat .open/x
    chmod 2777 .open
    as 1002 bash -c 'echo hello >.open/z; mkdir .open/e'
    same "$(stat -c '%g %a' .open/e)" "0 2755"
    same "$(stat -c %g .open/z)" 0
}

@test "set-uid bits go with a write by somebody else" {
    reachable
    restart -o allow_other
    put x hello
    chmod 6777 x
    as 1001 bash -c 'echo more >>x'
    same "$(stat -c %a x)" 777
}

# --- onto an entity

@test "a file moved onto an entity's name is one update of it" {
    make_alice
    put users/tmp '{"name": "Al", "email": "al@example.org"}'
    mv users/tmp users/alice.json
    has_version users/alice.json 2
    same "$(records users/alice.json)" 2
    same "$(pending | wc -l)" 2
    is_absent users/tmp
    put .tmp '{"name": "Bob", "email": "b@example.org"}'
    mv .tmp users/bob.json
    has_version users/bob.json 1
    mkdir .d
    put .d/x '{"name": "Bo", "email": "b@example.org"}'
    mv .d/x users/bob.json
    has_version users/bob.json 2
    same "$(ls -A users | xargs)" "alice.json bob.json"
}

@test "a file that is refused stays, and so does the entity" {
    make_alice
    put users/tmp '{"name": 7}'
    refused EBADMSG mv users/tmp users/alice.json
    holds users/tmp '{"name": 7}'$'\n'
    holds users/alice.json "$ALICE"$'\n'
    has_version users/alice.json 1
    json users/.errors/alice.json '.code == "validation"'
    holds users/.rejected/alice.json '{"name": 7}'$'\n'
    head -c 2000000 /dev/zero >users/tmp
    refused EFBIG mv users/tmp users/alice.json
    mkdir .d && ln -s x .l
    refused EPERM mv -T .d users/bob.json
    refused EPERM mv .l users/bob.json
    refused ENOTSUP mv users/alice.json users/alice.json~
    holds users/alice.json "$ALICE"$'\n'
}

@test "a pin holds for a file that is moved onto it" {
    make_alice
    append users/alice.json '{"age": 1}'
    put users/tmp '{"name": "Al", "email": "al@example.org"}'
    refused ESTALE mv -T users/tmp users/alice.json@1
    mv -T users/tmp users/alice.json@2
    has_version users/alice.json 3
}

@test "who has read the entity is held to what it read, and who has not is not" {
    make_alice
    python '
doc = json.loads(read("users/alice.json"))
by_other("echo \"{\\\"age\\\": 4}\" >> users/alice.json")
doc["age"] = 5
write("users/tmp", json.dumps(doc).encode())
refused(errno.ESTALE, os.rename, "users/tmp", "users/alice.json")
read("users/alice.json")
os.rename("users/tmp", "users/alice.json")
same(version("users/alice.json"), 3)
write("users/tmp", json.dumps(doc | {"age": 6}).encode())
os.rename("users/tmp", "users/alice.json")
same(version("users/alice.json"), 4)'
    put users/tmp "$ALICE"
    mv users/tmp users/alice.json
    has_version users/alice.json 5
}

@test "an empty file that waits for its content is replaced" {
    make_users
    touch users/bob.json
    put users/tmp '{"name": "Bob", "email": "b@example.org"}'
    mv users/tmp users/bob.json
    has_version users/bob.json 1
    same "$(ls users)" bob.json
}

@test "who may not read a file does not read it by moving it onto an entity" {
    reachable
    restart -o allow_other
    make_open
    chmod 777 docs
    put docs/secret '{"secret": 1}'
    chmod 640 docs/secret
    refused EACCES as 1001 mv -T docs/secret docs/x.json
    same "$(ls -A docs)" secret
    same "$(cat docs/.rejected/x.json)" ""
    chmod 604 docs/secret
    as 1001 mv -T docs/secret docs/x.json
    has_version docs/x.json 1
    as 1001 bash -c 'echo {} >docs/own; chmod 0 docs/own'
    refused EACCES as 1001 mv -T docs/own docs/y.json
    mv -T docs/own docs/y.json
}

@test "a collection belongs to who moves its schema there" {
    put .tmp '{}'
    chmod 606 .tmp
    chown 1234:4321 .tmp
    mv .tmp .schema/docs.json
    same "$(stat -c '%u:%g %a' .schema/docs.json docs | xargs)" "0:0 644 0:0 755"
}

@test "a collection is dropped, or has a new file, and never both" {
    python '
import threading
def race(make):
    def maker():
        for _ in range(60):
            try: make("docs/f")
            except (FileNotFoundError, FileExistsError, NotADirectoryError): pass
    write("g", b"G")
    thread = threading.Thread(target=maker)
    thread.start()
    while thread.is_alive():
        try: os.mkdir("docs")
        except FileExistsError: pass
        try: os.unlink(".schema/docs.json")
        except OSError as e:
            if e.errno != errno.ENOTEMPTY: raise
            (os.rmdir if os.path.isdir("docs/f") else os.unlink)("docs/f")
    thread.join()
def move(to):
    write(".m", b"M"); os.rename(".m", to)
for make in (lambda to: write(to, b"F"), os.mkdir, os.mkfifo, lambda to: os.symlink("x", to),
             lambda to: os.link("g", to), move):
    race(make)
    try: os.unlink("docs/f")
    except IsADirectoryError: os.rmdir("docs/f")
    except FileNotFoundError: pass
try: os.rmdir("docs")
except FileNotFoundError: pass'
    same "$(ls "$STORE/files")" root
}

@test "a pin of a schema does not drop a collection that has files" {
    make_open
    put docs/notes.txt hello
    refused ENOTEMPTY rm .schema/docs.json@1
    rm docs/notes.txt
    rm .schema/docs.json@1
    same "$(ls "$STORE/files")" ""
}

@test "attributes are few, and one that replaces another takes its room" {
    python '
write("x", b"")
def fill():
    for i in range(1000):
        try: os.setxattr("x", "user." + "n" * 40 + str(i), b"v" * 4000)
        except OSError as e:
            same(e.errno, errno.ENOSPC)
            return
    raise Exception("no end")
fill()
names = os.listxattr("x")
if not 0 < sum(len(os.getxattr("x", n)) for n in names) <= 65536: raise Exception("too much")
for n in names: os.setxattr("x", n, b"w" * 4000)
os.setxattr("x", names[0], b"")
os.setxattr("x", names[0], b"w" * 4000)
os.removexattr("x", names[0])
os.setxattr("x", "user.a/b", b"1")
same(os.getxattr("x", "user.a/b"), b"1")'
}

# --- tools

@test "cp, mv, tar, find, dd, install, patch of trees" {
    mkdir "$OUT/tree" && cp -r /usr/include/linux/netfilter "$OUT/tree/"
    ln -s netfilter "$OUT/tree/link"
    cp -a "$OUT/tree" .tree
    diff -r "$OUT/tree" .tree
    make_open
    tar -C "$OUT" -cf - tree | tar -C docs -xf -
    diff -r "$OUT/tree" docs/tree
    same "$(cd .tree && find . -type f | wc -l)" "$(cd "$OUT/tree" && find . -type f | wc -l)"
    mv docs/tree/netfilter .moved
    diff -r "$OUT/tree/netfilter" .moved
    dd if=/dev/urandom of="$OUT/random" bs=4096 count=100 status=none
    dd if="$OUT/random" of=random bs=5000 status=none
    cmp "$OUT/random" random
    dd if="$OUT/random" of=random bs=1000 seek=3 count=7 conv=notrunc status=none
    same "$(stat -c %s random)" 409600
    cp --reflink=auto --sparse=never random copy
    cmp random copy
    install -m 750 random installed
    same "$(stat -c %a installed)" 750
    rm -r .tree .moved docs/tree
    same "$(ls -A docs)" ""
}

@test "cp and cat between ordinary files and entities" {
    make_alice
    cp users/alice.json copy.txt
    cmp users/alice.json copy.txt
    sed -i s/Alice/Al/ copy.txt
    cp copy.txt users/alice.json
    has_version users/alice.json 2
    json users/alice.json '.name == "Al"'
    cat users/alice.json >users/alice.json.bak
    cmp users/alice.json users/alice.json.bak
    sed -i s/Al/Ali/ users/alice.json
    has_version users/alice.json 3
    json users/alice.json '.name == "Ali"'
    same "$(ls -A users | xargs)" "alice.json alice.json.bak"
}

@test "git keeps its repository at the root, and in a folder" {
    for folder in . .work; do
        mkdir -p "$folder"
        (
            cd "$folder"
            export GIT_CONFIG_GLOBAL=$OUT/gitconfig
            git config --global user.email a@x.org && git config --global user.name A
            git init -q .
            put notes.txt one
            git add notes.txt
            git commit -qm one
            put notes.txt two
            git commit -qam two
            git checkout -q HEAD~1
            holds notes.txt one$'\n'
            git checkout -q -
            holds notes.txt two$'\n'
            git gc -q
            git fsck --no-progress
            same "$(git status --porcelain notes.txt)" ""
        )
    done
}

@test "sqlite3 keeps a database" {
    mkdir .d
    for mode in delete wal; do
        sqlite3 ".d/$mode.db" "pragma journal_mode=$mode; create table t(x);
            insert into t select value from generate_series(1, 5000);" >/dev/null
        sqlite3 ".d/$mode.db" 'update t set x = x + 1; delete from t where x % 7 = 0;'
        same "$(sqlite3 ".d/$mode.db" 'select count(*), sum(x) from t; pragma integrity_check;' | xargs)" "4286|10720715 ok"
    done
}

@test "a compiler compiles, and its program runs" {
    put hello.c '#include <stdio.h>
int main(void) { return puts("hello") < 0; }'
    gcc -o hello hello.c
    same "$(./hello)" hello
}

# --- limits

@test "files_max is a limit, and what is removed is there again" {
    restart -o files_max=1M
    refused ENOSPC dd if=/dev/zero of=big bs=64k count=32 status=none
    (($(stat -c %s big) <= 1048576 - 1024)) || fail "$(stat -c %s big)"
    rm big
    head -c 1000000 /dev/zero >big
    refused ENOSPC truncate -s 2M big
    refused ENOSPC fallocate -l 2M big
    refused ENOSPC cp big other
    rm -f big other
    python '
fd = os.open("x", CREAT | RW)
os.write(fd, bytes(600000))
os.unlink("x")
same(write("y", bytes(600000)) < 460000, True)
os.unlink("y")'
    until_true 5 bash -c 'head -c 1000000 /dev/zero >big'
    make_open
    put docs/a.json '{"a": 1}'
}

@test "each file counts a KiB, of several names once, and the same after a remount" {
    restart -o files_max=100K
    mkdir .d
    python '
write(".d/x", b"")
for i in range(200): os.link(".d/x", f".d/link{i}")
made = 0
try:
    while True:
        os.symlink("t" * 1024, f".d/s{made}") if made % 2 else write(f".d/f{made}", b"")
        made += 1
except OSError as error:
    same(error.errno, errno.ENOSPC)
same(made, 65)'
    restart -o files_max=100K
    refused ENOSPC ln -s "$(printf 't%.0s' {1..1024})" .d/more
    touch .d/even
    refused ENOSPC touch .d/odd
    rm -r .d
    restart -o files_max=100K
    head -c 101376 /dev/zero >x
    refused ENOSPC touch y
}

used() { jq .files.bytes .stats.json; }
is_used() { (($(used) == $1)); }

@test "what counts is told, and the same after a remount" {
    make_open
    same "$(used)" 0
    cp -a /usr/include/linux/netfilter docs/
    ln docs/netfilter/x_tables.h docs/again
    rm docs/netfilter/nf_*.h
    truncate -s 12345 docs/again
    mkfifo docs/pipe
    mv docs/again docs/netfilter/x_tables.h .
    before=$(used)
    same "$before" "$(find docs/netfilter docs/pipe again x_tables.h -printf '%i %y %s\n' | sort -u |
        awk '{ sum += 1024 + ($2 == "d" ? 0 : $3) } END { print sum }')"
    restart
    same "$(used)" "$before"
    rm -r docs/netfilter docs/pipe again x_tables.h
    until_true 10 is_used 0
    put docs/tmp '{"a": 1}'
    mv docs/tmp docs/a.json
    until_true 10 is_used 0
}

@test "a folder deeper than a path is long is counted, and removed" {
    python '
os.mkdir(".d"); os.chdir(".d")
for i in range(300):
    os.mkdir("x" * 200); os.chdir("x" * 200)
write("f", b"x" * 1000)'
    restart -o files_max=1M
    rm -r .d
    restart -o files_max=4K
    head -c 3072 /dev/zero >x
    refused ENOSPC touch y
}

@test "there may be more files than descriptors" {
    stop
    (ulimit -n 400 && "$PERSISTFS" "$STORE" "$MNT" 3>&-)
    MOUNTS+=("$STORE|$MNT")
    cd "$MNT"
    make_open
    cp -a /usr/include/linux docs/
    diff -r /usr/include/linux docs/linux
    python '
held = [os.open(f"docs/h{i}", CREAT | RW) for i in range(20)]
files = sorted(os.listdir("docs/linux"))
for n, name in enumerate(files[:300]):
    os.rename("docs/linux/" + name, "docs/" + name + ".moved")
    os.write(held[n % 20], b"x")
for name in files[:300]:
    os.stat("docs/" + name + ".moved")
    os.rename("docs/" + name + ".moved", "docs/linux/" + name)
same(sum(os.fstat(fd).st_size for fd in held), 300)'
    diff -r /usr/include/linux docs/linux
    ((known = $(jq .files.known .stats.json), known > 500)) || fail "$known"
    rm -r docs/linux
}

# --- what others do to the store

@test "a link in the place of a backing folder is not followed" {
    make_open
    put docs/notes.txt hello
    mkdir docs/sub
    put docs/sub/x hello
    echo secret >"$OUT/secret"
    for folder in "$STORE"/files/[0-9]*; do
        mv "$folder" "$OUT/moved"
        ln -s "$OUT" "$folder"
    done
    if cat docs/secret 2>/dev/null; then fail "it was followed"; fi
    if put docs/new hello 2>/dev/null; then fail "it was followed"; fi
    is_absent "$OUT/new"
    rm "$folder"
    mv "$OUT/moved" "$folder"
    holds docs/notes.txt hello$'\n'
    mv "$folder/sub" "$folder/sub2"
    ln -s "$OUT" "$folder/sub"
    same "$(readlink docs/sub)" "$OUT"
    rm docs/sub
    is_there "$OUT/secret"
}

@test "a mount that is read-only shows them" {
    put notes.txt hello
    mkdir .d
    restart -o ro
    holds notes.txt hello$'\n'
    refused EROFS bash -c 'echo no >.d/x'
}

@test "random operations end as a model in memory has it" {
    mkdir .d
    make_open
    for folder in .d docs; do
        python3 "$BATS_TEST_DIRNAME/fsx.py" "$folder" "${FSX_OPERATIONS:-10000}" "${FSX_SEED:-1}"
    done
}
