# What is known of a file beside its content: maps of it, attributes, times, owners; as the tools
# see them.
load lib

# --- mmap(2)

# The kernel lets what goes around its page cache be mapped and shared.
maps_are_shared() {
    python 'import platform
version = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
sys.exit(version < (6, 6))'
}

@test "an entity can be mapped for reading" {
    maps_are_shared || skip "the kernel is older than 6.6"
    make_open
    python 'import mmap
def mapped(path):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as map:
        return map[:]
def text(letter):
    return b"{\"a\": \"%s\"}\n" % (letter * 9000)
write("docs/a.json", text(b"x"))
same(mapped("docs/a.json"), text(b"x"))
same(mapped("docs/a.json"), read("docs/a.json"))
by_other("printf %s \"{\\\"b\\\":2}\" >docs/a.json")
same(mapped("docs/a.json"), b"{\"b\":2}")
by_other("rm docs/a.json; printf %s \"{}\" >docs/a.json")
same(mapped("docs/a.json"), b"{}")
same(mapped("docs/a.json@1"), b"{}")
same(json.loads(read("docs/a.meta"))["version"], 1)'
}

@test "a map that is open shows the version it was opened on" {
    maps_are_shared || skip "the kernel is older than 6.6"
    make_open
    python 'import mmap
def text(letter):
    return b"{\"a\": \"%s\"}\n" % (letter * 9000)
write("docs/a.json", text(b"x"))
with open("docs/a.json", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as map:
    same(map[:20], text(b"x")[:20])
    by_other("sed s/x/y/g docs/a.json >docs/.new && mv docs/.new docs/a.json")
    same(map[:], text(b"x"))
same(read("docs/a.json"), text(b"y"))'
}

@test "what is written through a map is an edit: committed when it is synced or closed" {
    maps_are_shared || skip "the kernel is older than 6.6"
    make_open
    put docs/a.json '{"a": 1}'
    python 'import mmap
with open("docs/a.json", "rb") as file:
    refused(errno.EACCES, mmap.mmap, file.fileno(), 0)
with open("docs/a.json", "r+b") as file, mmap.mmap(file.fileno(), 0) as map:
    map[6:7] = b"2"
    same(version("docs/a.json"), 1)
    map.flush()
    same((version("docs/a.json"), read("docs/a.json")), (2, b"{\"a\": 2}\n"))
    map[6:7] = b"3"
same((version("docs/a.json"), read("docs/a.json")), (3, b"{\"a\": 3}\n"))
with open("docs/a.json", "r+b") as file, mmap.mmap(file.fileno(), 0) as map:
    map[0:1] = b"-"
    refused(errno.EBADMSG, map.flush)
same((version("docs/a.json"), read("docs/a.json")), (3, b"{\"a\": 3}\n"))' 2>"$OUT/said" ||
        has "$(cat "$OUT/said")" "Bad message" # the close says it again
    has_version docs/a.json 3
    holds docs/a.json '{"a": 3}'$'\n'
}

# --- extended attributes

@test "a user's own attributes: setfattr, getfattr" {
    make_alice
    before=$(stat -c %Y.%Z users/alice.json)
    until_true 5 eval '[[ $(date +%s) != ${before#*.} ]]'
    setfattr -n user.color -v blue users/alice.json
    setfattr -n user.empty users/alice.json
    same "$(getfattr -d users/alice.json | grep =)" $'user.color="blue"\nuser.empty=""'
    same "$(stat -c %Y users/alice.json)" "${before%.*}"
    [[ $(stat -c %Z users/alice.json) != "${before#*.}" ]] || fail "the ctime is the same"
    setfattr -x user.empty users/alice.json
    fails 1 setfattr -x user.empty users/alice.json
    has "$said" "No such attribute"
    has_version users/alice.json 1
    same "$(records users/alice.json)" 1
    put users/alice.json "${ALICE/Alice/Al}"
    mv users/alice.json users/al.json
    restart
    same "$(getfattr -d users/al.json | grep =)" 'user.color="blue"'
    rm users/al.json
    put users/al.json "$ALICE"
    same "$(getfattr -d users/al.json)" ""
}

@test "setxattr(2) with XATTR_CREATE and XATTR_REPLACE, and what there may be" {
    make_open
    put docs/a.json '{}'
    python 'a = "docs/a.json"
refused(errno.ENODATA, os.setxattr, a, "user.x", b"1", os.XATTR_REPLACE)
os.setxattr(a, "user.x", b"1", os.XATTR_CREATE)
refused(errno.EEXIST, os.setxattr, a, "user.x", b"2", os.XATTR_CREATE)
os.setxattr(a, "user.x", b"\0\xff", os.XATTR_REPLACE)
same(os.getxattr(a, "user.x"), b"\0\xff")
refused(errno.ENODATA, os.getxattr, a, "user.y")
refused(errno.ENOSPC, os.setxattr, a, "user.large", b"x" * 65530)
os.setxattr(a, "user.large", b"x" * 60000)
same(os.getxattr(a, "user.large"), b"x" * 60000)
os.removexattr(a, "user.large")
long = "user." + "x" * 250
os.setxattr(a, long, b"1")
same(os.listxattr(a), ["user.x", long])
for i in range(62):
    os.setxattr(a, f"user.{i}", b"")
refused(errno.ENOSPC, os.setxattr, a, "user.more", b"")'
}

@test "the program's attributes, pins and views are read-only" {
    make_alice
    refused EROFS setfattr -n user.persistfs.version -v 7 users/alice.json
    refused EROFS setfattr -x user.persistfs.id users/alice.json
    refused EROFS setfattr -n user.x -v 7 users/alice.json@1
    refused EROFS setfattr -n user.x -v 7 users/alice.meta
    refused EROFS setfattr -n user.x -v 7 users/alice.audit.jsonl
    refused ENOTSUP setfattr -n user.x -v 7 users
    refused ENOTSUP setfattr -n trusted.x -v 7 users/alice.json
    setfattr -n user.x -v 7 users/alice.json
    same "$(getfattr -d users/alice.json@1)" ""
    setfattr -n user.x -v 7 .schema/users.json
    same "$(getfattr --only-values -n user.x .schema/users.json)" 7
}

@test "attributes travel with cp and mv" {
    make_open
    put docs/a.json '{}'
    setfattr -n user.color -v blue docs/a.json
    cp --preserve=xattr docs/a.json docs/b.json
    same "$(getfattr -d docs/b.json | grep =)" 'user.color="blue"'
    mv docs/b.json "$OUT/"
    same "$(getfattr -d "$OUT/b.json" | grep =)" 'user.color="blue"'
    mv "$OUT/b.json" docs/
    same "$(getfattr -d docs/b.json | grep =)" 'user.color="blue"'
    put docs/c '{}'
    setfattr -n user.size -v small docs/c
    mv docs/c docs/b.json
    same "$(getfattr -d docs/b.json | grep =)" $'user.color="blue"\nuser.size="small"'
}

# --- who may

@test "the owner of an entity may what the owner of a file may" {
    reachable
    restart -o allow_other
    make_open
    chmod 777 docs
    as 1001 bash -c 'echo "{}" >docs/a.json'
    same "$(stat -c '%u %g %a' docs/a.json)" "1001 1001 600"
    refused EACCES as 1002 setfattr -n user.x -v 1 docs/a.json
    refused EACCES as 1002 getfattr -n user.x docs/a.json
    as 1001 setfattr -n user.x -v 1 docs/a.json
    as 1001 chmod 644 docs/a.json
    refused EACCES as 1002 setfattr -n user.x -v 1 docs/a.json
    refused EACCES as 1002 setfattr -x user.x docs/a.json
    same "$(as 1002 getfattr --only-values -n user.x docs/a.json)" 1
    refused EPERM as 1002 chmod 666 docs/a.json
    refused EACCES as 1002 touch -d 2001-01-01 docs/a.json
    refused EPERM as 1001 chown 1002 docs/a.json
    refused EPERM as 1001 chgrp 1002 docs/a.json
    setpriv --reuid 1001 --regid 1001 --groups 1001,1002 chgrp 1002 docs/a.json
    same "$(stat -c '%u %g %a' docs/a.json)" "1001 1002 644"
    as 1001 touch -d 2001-02-03T04:05:06Z docs/a.json
    same "$(stat -c %Y docs/a.json)" 981173106
    has_version docs/a.json 1
    chown 1002:1003 docs/a.json
    same "$(stat -c '%u %g' docs/a.json)" "1002 1003"
}

@test "what is made in a set-gid collection has its group" {
    reachable
    restart -o allow_other
    make_open
    chown 1001:1007 docs
    chmod 2777 docs
    same "$(stat -c '%g %a' docs)" "1007 2777"
    as 1001 bash -c 'echo "{}" >docs/a.json; touch docs/b.json; echo x >docs/c; mkdir docs/sub.d'
    as 1001 bash -c 'echo "{}" >docs/t && mv docs/t docs/d.json'
    same "$(stat -c '%n %u %g' docs/*.json docs/c docs/sub.d | xargs)" \
        "docs/a.json 1001 1007 docs/b.json 1001 1007 docs/d.json 1001 1007 docs/c 1001 1007 docs/sub.d 1001 1007"
    restart -o allow_other
    same "$(stat -c '%g %a' docs)" "1007 2777"
    same "$(stat -c %g docs/a.json)" 1007
}

# --- times

# changes FOLDER COMMAND...: mtime and ctime of the folder change; or, as `keeps`, do not.
times() { stat -c '%.9Y %.9Z' "$1"; }
changes() {
    local before
    before=$(times "$1")
    "${@:2}"
    [[ $(times "$1" | cut -d' ' -f1) != "${before% *}" ]] || fail "the mtime of $1 is the same after: ${*:2}"
    [[ $(times "$1" | cut -d' ' -f2) != "${before#* }" ]] || fail "the ctime of $1 is the same after: ${*:2}"
}
keeps() {
    local before
    before=$(times "$1")
    "${@:2}"
    same "$(times "$1")" "$before" "the times of $1 after: ${*:2}"
}

@test "the times of a folder change with its listing, and not otherwise" {
    changes . mkdir docs
    changes .schema mkdir notes
    changes . put .schema/more.json '{}'
    changes docs put docs/a.json '{}'
    keeps docs put docs/a.json '{"n": 1}'
    keeps docs append docs/a.json '{"n": 2}'
    keeps docs setfattr -n user.x -v 1 docs/a.json
    keeps docs touch docs/a.json
    keeps docs chmod 644 docs/a.json
    keeps docs cat docs/a.json
    keeps . put docs/b.json '{}'
    changes docs mv docs/a.json docs/c.json
    changes notes mv docs/c.json notes/c.json
    changes docs put docs/d.json '{}'
    changes docs mv docs/d.json notes/d.json
    changes docs touch docs/e.json
    changes docs rm docs/e.json
    changes docs rm docs/b.json
    changes docs put docs/plain x
    keeps docs put docs/plain xyz
    changes docs mv docs/plain docs/other
    changes docs rm docs/other
    changes docs mkdir docs/sub.d
    keeps docs put docs/sub.d/x x
    changes docs rm -r docs/sub.d
    changes . put plain x
    changes . rm plain
    changes . rmdir docs
    changes .schema rm .schema/more.json
    keeps . put notes/f.json '{}'
}

@test "a folder's mode changes its ctime alone, and its times are kept as they are set" {
    make_open
    before=$(stat -c %.9Y docs)
    changed=$(stat -c %.9Z docs)
    chmod 750 docs
    same "$(stat -c %.9Y docs)" "$before"
    [[ $(stat -c %.9Z docs) != "$changed" ]]
    for folder in docs .schema .; do
        touch -d 2001-02-03T04:05:06.789Z $folder
        same "$(stat -c %.3Y $folder)" 981173106.789
        touch -d 2051-02-03T04:05:06Z $folder
        same "$(stat -c %Y $folder)" 2559009906
        ((($(stat -c %Z $folder) - $(date +%s)) < 2)) || fail "the ctime of $folder is set too"
        touch -d 2001-02-03T04:05:06.789Z $folder
    done
    put docs/plain x
    touch -d 2001-02-03T04:05:06.789Z docs
    same "$(stat -c %.3Y docs)" 981173106.789
    restart
    same "$(stat -c %.3Y docs)" 981173106.789
    changes docs put docs/a.json '{}'
}

@test "the time that an entity is given holds until the next version" {
    make_open
    put docs/a.json '{}'
    for time in 2001-02-03T04:05:06.789Z 1950-02-03T04:05:06.25Z 2051-02-03T04:05:06Z; do
        touch -d $time docs/a.json "$OUT/a"
        same "$(stat -c %.2Y docs/a.json)" "$(stat -c %.2Y "$OUT/a")"
        setfattr -n user.x -v 1 docs/a.json
        chmod 640 docs/a.json
        mv docs/a.json docs/b.json
        mv docs/b.json docs/a.json
        same "$(stat -c %.2Y docs/a.json)" "$(stat -c %.2Y "$OUT/a")"
        put docs/a.json '{"t": "'$time'"}'
        ((($(date +%s) - $(stat -c %Y docs/a.json)) < 3)) || fail "the mtime is not the version's"
    done
}

# --- open, and gone

@test "what is open and removed can be looked at" {
    make_open
    put docs/a.json '{"a": 1}'
    put docs/b.json '{"b": 1}'
    put docs/c.json '{"c": 1}'
    touch -d 2001-02-03T04:05:06Z docs/a.json
    python 'a = os.open("docs/a.json", R)
b = os.open("docs/b.json", RW)
c = os.open("docs/c.json", R)
same(os.read(a, 4), b"{\"a\"")
by_other("echo 123 | cat >/dev/null; printf %s \"{\\\"a\\\": 12345}\" >docs/a.json")
os.unlink("docs/a.json")
by_other("rm docs/b.json docs/c.json")
def shows(fd, size):
    info = os.fstat(fd)
    same((info.st_size, info.st_nlink, info.st_mode, info.st_uid), (size, 0, 0o100600, os.getuid()))
    same(os.lseek(fd, 0, os.SEEK_END), size)
shows(a, 9)
same(os.pread(a, 100, 0), b"{\"a\": 1}\n")
shows(b, 9)
same(os.pread(b, 100, 0), b"{\"b\": 1}\n")
shows(c, 9)
same(os.pread(c, 100, 0), b"{\"c\": 1}\n")
for name in "a", "b", "c":
    refused(errno.ENOENT, os.stat, f"docs/{name}.json")
by_other("printf %s \"{}\" >docs/a.json")
shows(a, 9)
same(os.stat("docs/a.json").st_size, 2)'
}

@test "SEEK_END is the end of what the descriptor reads" {
    make_open
    put docs/a.json '{"a": 1}'
    python 'a = os.open("docs/a.json", R)
same(os.read(a, 4), b"{\"a\"")
by_other("printf %s \"{}\" >docs/a.json")
same(os.lseek(a, 0, os.SEEK_END), 9)
same(os.pread(a, 100, 0), b"{\"a\": 1}\n")
same(os.stat("docs/a.json").st_size, 2)'
}

# --- the tools

# A tree, made alike in the mount and on another file system.
plant() {
    local n
    (
        cd "$1"
        mkdir docs notes
        for n in {1..30}; do
            printf '{"n": %d, "text": "%0*d"}\n' "$n" $((n * 100)) "$n" >docs/$n.json
            printf 'note %d\n' "$n" >notes/$n.txt
        done
        mkdir -p notes/sub.d/deep
        printf 'x%.0s' {1..5000} >notes/sub.d/deep/large
        ln -s ../1.txt notes/sub.d/link
        ln notes/1.txt notes/hard
        touch -d 2001-02-03T04:05:06Z docs/3.json notes/3.txt
        touch -d 2002-02-03T04:05:06Z docs/4.json
        chmod 600 docs/*.json notes/*.txt notes/hard
    )
}

@test "ls, du, find, grep, wc and their kind say what they say of a plain tree" {
    plant "$OUT"
    plant .
    for command in \
        'ls -1R docs notes' \
        'ls -ln docs/3.json docs/4.json notes/3.txt' \
        'ls -lnR --time-style=+ notes/sub.d | grep -v ^total' \
        'du --apparent-size -b docs/*.json notes/*.txt notes/sub.d/deep/large' \
        'du -a --inodes docs notes | sort' \
        'find docs notes -type f | sort' \
        'find docs notes -type d | sort' \
        'find docs notes -type l | sort' \
        'find . -maxdepth 1 -name "[a-z]*" | sort' \
        'find docs notes -newer docs/4.json | sort' \
        'find docs notes ! -newer docs/4.json | sort' \
        'find docs notes -links 2 -type f | sort' \
        'find docs notes -type f -size +2k | sort' \
        'find docs notes -type f -empty | sort' \
        'find docs notes -printf "%p %y %n %s %m\n" | grep -v " d " | sort' \
        'grep -rc note docs notes | sort' \
        'grep -rl 00017 docs | sort' \
        'wc docs/*.json notes/*.txt' \
        'tail -n 2 docs/7.json notes/7.txt' \
        'cat docs/* | sha256sum' \
        'tar -c --sort=name --mtime=@0 --owner=0 --group=0 --mode=700 docs notes | sha256sum'; do
        same "$(eval "$command" 2>&1)" "$(cd "$OUT" && eval "$command" 2>&1)" "$command"
    done
    diff -r docs "$OUT/docs"
    diff -r --no-dereference notes "$OUT/notes"
    # Blocks: nothing that has bytes has none, and nothing has many more than it needs.
    while read -r size blocks name; do
        ((size == 0 || (blocks > 0 && blocks * 512 < size + 8192))) || fail "$name: $size bytes, $blocks blocks"
    done < <(find docs notes -type f -printf '%s %b %p\n')
}
