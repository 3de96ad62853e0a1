# How much there may be of ordinary files, and how many: bytes, attributes, descriptors.
load lib

teardown() {
    local failed=0
    teardown_of_lib || failed=1
    [[ -z ${DISK:-} ]] || umount "$DISK" || failed=1
    return "$failed"
}

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

@test "each name counts a KiB, and the same after a remount" {
    restart -o files_max=100K
    mkdir .d
    python '
write(".d/x", b"")
for i in range(21): os.link(".d/x", f".d/link{i}")
made = 0
try:
    while True:
        os.symlink("t" * 1024, f".d/s{made}") if made % 2 else write(f".d/f{made}", b"")
        made += 1
except OSError as error:
    same(error.errno, errno.ENOSPC)
same(made, 51)'
    restart -o files_max=100K
    refused ENOSPC ln -s "$(printf 't%.0s' {1..1024})" .d/more
    touch .d/even
    refused ENOSPC touch .d/odd
    rm -r .d
    restart -o files_max=100K
    head -c 101376 /dev/zero >x
    refused ENOSPC touch y
}

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
    same "$before" "$(find docs/netfilter docs/pipe again x_tables.h -printf '%i %y %s\n' |
        awk '{ sum += 1024 + ($2 == "d" || seen[$1]++ ? 0 : $3) } END { print sum }')"
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

@test "a file that cannot be opened is not made" {
    python '
import resource
daemon = int(sys.argv[1])
high = resource.prlimit(daemon, resource.RLIMIT_NOFILE)
made = refused_some = 0
write("held", b"")
held = os.open("held", R)
def limit_of(spare): # so many descriptors are free below it
    taken = set(map(int, os.listdir(f"/proc/{daemon}/fd")))
    return [n for n in range(99999) if n not in taken][spare]
for spare in range(12):
    resource.prlimit(daemon, resource.RLIMIT_NOFILE, (limit_of(spare), high[1]))
    try:
        os.close(os.open(f"x{spare}", CREAT | EXCL | RW))
        made += 1
    except OSError as error:
        same(error.errno, errno.EMFILE)
        refused_some += 1
    resource.prlimit(daemon, resource.RLIMIT_NOFILE, high)
same(made > 0 and refused_some > 1, True)
same(len([name for name in os.listdir(".") if name[0] == "x"]), made)' "$(daemon_of)"
    rm -f x*
    until_true 10 is_used 1024
}

@test "one user cannot have all descriptors" {
    reachable
    stop
    (ulimit -n 400 && setpriv --bounding-set -sys_resource --inh-caps -sys_resource -- \
        "$PERSISTFS" "$STORE" "$MNT" -o allow_other 3>&-)
    MOUNTS+=("$STORE|$MNT")
    cd "$MNT"
    mkdir .a .b
    chmod 777 .a .b
    as 1001 /usr/bin/python3 -c '
import errno, os
held = []
try:
    while True: held.append(os.open(f".a/{len(held)}", os.O_CREAT | os.O_RDWR))
except OSError as error:
    assert error.errno == errno.ENFILE, error
assert 80 < len(held) <= 100, len(held)
assert not os.path.exists(f".a/{len(held)}")
os.close(held.pop())
held.append(os.open(".a/0", os.O_RDWR))'
    as 1002 touch .b/x
    as 1001 touch .b/y
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

@test "a write that the disk has no room for says how much it has written" {
    stop
    DISK=$BATS_TEST_TMPDIR/disk
    mkdir "$DISK"
    mount -t tmpfs -o size=8m,mode=755 tmpfs "$DISK"
    STORE=$DISK/store
    start && cd "$MNT"
    python '
fd = os.open("x", CREAT | W)
written = 0
try:
    while True: written += os.write(fd, bytes(100001))
except OSError as error:
    same(error.errno, errno.ENOSPC)
same(os.fstat(fd).st_size, written)
same(written > 1000000, True)'
}
