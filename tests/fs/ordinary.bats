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
write("a", b"A"); write("b", b"B"); write("c", b"C")
os.rename("a", "b")
same(read("b"), b"A")
refused(errno.ENOENT, os.stat, "a")
refused(errno.EEXIST, rename2, "b", "c", NOREPLACE)
rename2("b", "c", EXCHANGE)
same([read("b"), read("c")], [b"C", b"A"])
os.mkdir("users"); os.mkdir(".d"); os.mkdir(".d/e"); write(".d/f", b"F")
os.rename("b", "users/b"); os.rename("users/b", ".d/b"); os.rename(".d/b", "users/b~")
same(os.listdir("users"), ["b~"])
rename2("users/b~", ".d/e", EXCHANGE)
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
os.mknod("dev", 0o600 | 0o020000, os.makedev(1, 3)) # by root; the mount is nodev
refused(errno.EACCES, os.open, "dev", R)
os.unlink("dev")
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

@test "a file without a name cannot be made" {
    python '
os.mkdir(".d")
for folder in ".", ".d": refused(errno.EOPNOTSUPP, os.open, folder, os.O_TMPFILE | RW, 0o600)
import tempfile
with tempfile.TemporaryFile(dir=".d") as f: # which goes on without
    f.write(b"hello"); f.seek(0)
    same(f.read(), b"hello")
same(os.listdir(".d"), [])'
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

# --- in a collection that is dropped

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

# --- numbers

@test "a number is one file's: listed as shown, of its names alone, and not a later file's" {
    make_open
    mkdir .d docs/sub
    python '
seen = {}
for i in range(200): # a number that is free again is given to the next file at once
    write(".d/x", b"")
    ino = os.stat(".d/x").st_ino
    if ino in seen: raise Exception("given again")
    seen[ino] = i
    os.unlink(".d/x")
write(".d/a", b""); os.link(".d/a", ".d/b"); os.symlink("a", ".d/l"); os.mkfifo(".d/p")
write("docs/a", b"")
same(os.stat(".d/a").st_ino, os.stat(".d/b").st_ino)
for folder in ".", ".d", "docs":
    for entry in os.scandir(folder):
        if entry.name != ".outbox" and entry.name != ".schema":
            same(entry.inode(), os.lstat(entry.path).st_ino)'
    before=$(stat -c '%n %i' .d/* docs/*)
    restart
    same "$(stat -c '%n %i' .d/* docs/*)" "$before"
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
