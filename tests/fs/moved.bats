# Ordinary files that are moved onto entities: the write that this is, what the name shows then,
# what a descriptor that is still open is good for, and the exchange of the two.
load lib

TWO='{"name": "Al", "email": "al@example.org"}'

# --- it is a write

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
    put docs/group '{"of": "a group"}'
    chown 0:4242 docs/group
    chmod 640 docs/group
    refused EACCES setpriv --reuid 1001 --regid 1001 --groups 4241,4243 mv -T docs/group docs/z.json
    setpriv --reuid 1001 --regid 1001 --groups 4241,4242,4243 mv -T docs/group docs/z.json
    has_version docs/z.json 1
}

@test "a collection belongs to who moves its schema there" {
    put .tmp '{}'
    chmod 606 .tmp
    chown 1234:4321 .tmp
    mv .tmp .schema/docs.json
    same "$(stat -c '%u:%g %a' .schema/docs.json docs | xargs)" "0:0 644 0:0 755"
}

# --- what the name shows

@test "the name shows the number, the size and the time of the file that was moved there" {
    make_alice
    put users/tmp "$TWO"
    touch -d 2001-02-03T04:05:06.123456789Z users/tmp
    shown=$(stat -c '%i %s %y %h' users/tmp)
    mv users/tmp users/alice.json
    same "$(stat -c '%i %s %y %h' users/alice.json)" "$shown"
    same "$(ls -i users | awk '{ print $1 }')" "${shown%% *}"
    put users/tmp "$TWO"
    [[ $(stat -c %i users/tmp) != "${shown%% *}" ]]
    cp users/alice.json users/tmp # they are not the same file
    restart
    same "$(stat -c '%i %s %y %h' users/alice.json)" "$shown"
    shown=$(stat -c '%i %s %y %h' users/tmp)
    mv users/tmp users/alice.json # the same bytes make no version, and yet it is the other file
    has_version users/alice.json 2
    same "$(stat -c '%i %s %y %h' users/alice.json)" "$shown"
}

@test "a file that has other names lends its number to none" {
    make_open
    put docs/tmp '{"a": 1}'
    ln docs/tmp docs/other
    mv docs/tmp docs/x.json
    [[ $(stat -c %i docs/other) != $(stat -c %i docs/x.json) ]]
    same "$(stat -c %h docs/other)" 1
    put docs/other text
    has_version docs/x.json 1
    holds docs/other text$'\n'
}

@test "a umask does not open what is private; a chmod does" {
    make_alice
    chmod 600 users/alice.json
    jq -c '.age = 1' users/alice.json >users/tmp
    same "$(stat -c %a users/tmp)" 644
    mv users/tmp users/alice.json
    same "$(version users/alice.json) $(stat -c %a users/alice.json)" "2 600"
    jq -c '.age = 2' users/alice.json >users/tmp
    chmod 640 users/tmp
    chown 1234:4321 users/tmp
    mv users/tmp users/alice.json
    same "$(version users/alice.json) $(stat -c '%a %u:%g' users/alice.json)" "3 640 1234:4321"
    chown 0:0 users/alice.json
    put "$OUT/in" "$ALICE"
    chmod 604 "$OUT/in"
    touch -d 2001-02-03T04:05:06Z "$OUT/in"
    rsync -a "$OUT/in" users/alice.json
    same "$(version users/alice.json) $(stat -c '%a %Y' users/alice.json)" "4 604 981173106"
    same "$(rsync -ai "$OUT/in" users/alice.json)" ""
    put users/tmp "${TWO/al@/bo@}"
    mv users/tmp users/bob.json
    same "$(stat -c %a users/bob.json)" 644
}

@test "who does not own the entity does not set its mode, nor its group to one of others" {
    reachable
    restart -o allow_other
    make_open
    chmod 777 docs
    as 1001 bash -c 'echo "{}" >docs/x.json'
    mode=$(stat -c '%a %u:%g' docs/x.json)
    refused EACCES as 1002 bash -c 'echo "{\"a\": 1}" >docs/tmp; mv -f docs/tmp docs/x.json'
    as 1001 chmod 666 docs/x.json
    as 1002 bash -c 'chmod 640 docs/tmp; mv -f docs/tmp docs/x.json'
    same "$(version docs/x.json) $(stat -c '%a %u:%g' docs/x.json)" "2 666 ${mode#* }"
    as 1001 bash -c 'echo "{\"a\": 2}" >docs/tmp; chmod 640 docs/tmp; mv -f docs/tmp docs/x.json'
    same "$(version docs/x.json) $(stat -c '%a %u:%g' docs/x.json)" "3 640 1001:1001"
}

# --- descriptors

@test "a descriptor that was open goes on: reads, fstat, and what it writes is a version" {
    make_alice
    python '
one = json.dumps({"name": "One", "email": "o@x.org"}).encode()
two = json.dumps({"name": "Two, and longer", "email": "o@x.org"}).encode()
fd = os.open("users/tmp", CREAT | RW)
reader = os.open("users/tmp", R)
os.write(fd, one)
os.rename("users/tmp", "users/alice.json")
def agrees():
    a, b = os.fstat(fd), os.stat("users/alice.json")
    same((a.st_ino, a.st_size, a.st_mtime_ns, a.st_nlink), (b.st_ino, b.st_size, b.st_mtime_ns, b.st_nlink))
agrees()
same(os.pread(reader, 99, 0), one)
os.fsync(fd)
os.close(os.dup(fd))
same(version("users/alice.json"), 2)
os.pwrite(fd, two, 0)
same(version("users/alice.json"), 2)
os.fsync(fd)
same(version("users/alice.json"), 3)
same(read("users/alice.json"), two)
same(os.pread(reader, 99, 0), two)
agrees()
os.ftruncate(fd, 0)
os.pwrite(fd, one, 0)
os.close(fd)
same(read("users/alice.json"), one)
same(version("users/alice.json"), 4)
os.close(reader)
same(sorted(os.listdir("users")), ["alice.json"])'
    same "$(records users/alice.json) $(pending | wc -l)" "4 4"
}

@test "what a descriptor writes is refused at its flush, once, and nothing is lost" {
    make_alice
    python '
one = json.dumps({"name": "One", "email": "o@x.org"}).encode()
fd = os.open("users/tmp", CREAT | RW)
os.write(fd, one)
os.rename("users/tmp", "users/alice.json")
os.pwrite(fd, b"{\"name\": 7}" + b" " * 99, 0)
refused(errno.EBADMSG, os.fsync, fd)
refused(errno.EBADMSG, os.close, fd)
same(read("users/alice.json"), one)
same(version("users/alice.json"), 2)
same(json.loads(read("users/.errors/alice.json"))["code"], "validation")
same(read("users/.rejected/alice.json").rstrip(), b"{\"name\": 7}")'
    same "$(wc -l <.errors.jsonl)" 1
    has_version users/alice.json 2
}

@test "what a descriptor writes is held to the version that the move made" {
    make_alice
    python '
fd = os.open("users/tmp", CREAT | RW)
os.write(fd, json.dumps({"name": "One", "email": "o@x.org"}).encode())
os.rename("users/tmp", "users/alice.json")
by_other("echo \"{\\\"age\\\": 4}\" >> users/alice.json")
os.pwrite(fd, json.dumps({"name": "Uno", "email": "o@x.org"}).encode(), 0)
refused(errno.ESTALE, os.close, fd)
same(json.loads(read("users/alice.json")), {"name": "One", "email": "o@x.org", "age": 4})
fd = os.open("users/tmp", CREAT | RW)
os.write(fd, json.dumps({"name": "One", "email": "o@x.org"}).encode())
os.rename("users/tmp", "users/alice.json")
by_other("mv users/alice.json users/al.json")
os.pwrite(fd, json.dumps({"name": "Uno", "email": "o@x.org"}).encode(), 0)
refused(errno.ESTALE, os.fsync, fd)
os.unlink("users/al.json")
refused(errno.ESTALE, os.close, fd)
same(os.listdir("users"), [])'
    same "$(jq -r .instance .errors.jsonl | sort | xargs)" "users/al.json users/alice.json"
}

@test "a text that comes in parts is whole when its writer closes it last" {
    make_open
    echo '{"a": 1}' >docs/tmp
    exec {fd}>>docs/tmp
    mv docs/tmp docs/x.json
    truncate -s 0 "/proc/$$/fd/$fd" || true
    for part in '{' '"a": ' '2}'; do printf '%s\n' "$part" >&"$fd"; done
    exec {fd}>&-
    json docs/x.json '.a == 2'
    has_version docs/x.json 2
}

@test "an entity that shows a file's number is known by it where a text comes in parts" {
    make_open
    put docs/tmp '{"a": 1}'
    mv docs/tmp docs/x.json
    { env printf '{'; env printf '"a": '; env printf '2}'; } >docs/x.json
    json docs/x.json '.a == 2'
    has_version docs/x.json 2
    same "$(cat .errors.jsonl)" ""
}

@test "pages of a map that are written late become a version" {
    make_open
    python '
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.msync.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
def set(digit): ctypes.memmove(at + 6, digit, 1)
fd = os.open("docs/tmp", CREAT | RW)
os.write(fd, b"{\"a\": 1}")
at = libc.mmap(None, 4096, 3, 1, fd, 0)
set(b"2")
os.rename("docs/tmp", "docs/x.json")
set(b"3")
os.close(fd)
same(json.loads(read("docs/x.json")), {"a": 3})
same(version("docs/x.json"), 2)
set(b"4")
same(libc.msync(at, 4096, 4), 0) # MS_SYNC
same(json.loads(read("docs/x.json")), {"a": 4})
same(version("docs/x.json"), 3)
set(b"5")
libc.munmap(at, 4096)' # which says nothing, and has nobody to be told
    json docs/x.json '.a == 4'
    until_true 10 grep -q 5 docs/.rejected/x.json
    json docs/.errors/x.json '.detail | test("never closed or synced")'
}

@test "copies and allocations through a descriptor are a version, too" {
    make_open
    python '
fd = os.open("docs/tmp", CREAT | RW)
os.write(fd, b"{\"a\": 1}")
os.rename("docs/tmp", "docs/x.json")
write("docs/source", b"{\"a\": 2}")
source = os.open("docs/source", R)
same(os.copy_file_range(source, fd, 8, 0, 0), 8)
os.fsync(fd)
same(version("docs/x.json"), 2)
os.posix_fallocate(fd, 0, 20)
refused(errno.EBADMSG, os.fsync, fd)
os.ftruncate(fd, 8)
os.close(fd)
same(version("docs/x.json"), 2)
same(json.loads(read("docs/x.json")), {"a": 2})'
}

@test "two descriptors, and a second file that is moved there" {
    make_open
    python '
def make(name, text):
    fd = os.open(name, CREAT | RW)
    os.write(fd, text)
    return fd
a = make("docs/a", b"{\"a\": 1}")
again = os.open("docs/a", W)
os.rename("docs/a", "docs/x.json")
os.pwrite(a, b"2", 6); os.pwrite(again, b" ", 8)
os.close(again)
os.close(a)
same(read("docs/x.json"), b"{\"a\": 2} ")
a = make("docs/a", b"{\"a\": 3}")
os.rename("docs/a", "docs/x.json")
b = make("docs/b", b"{\"a\": 4}")
os.rename("docs/b", "docs/x.json")
same(os.pread(a, 9, 0), b"{\"a\": 3}")
os.close(a)
os.close(b)
same(json.loads(read("docs/x.json")), {"a": 4})'
    until_true 10 is_used 0
}

# --- exchange

@test "a file and an entity exchange their bytes, from either side" {
    make_alice
    chmod 640 users/alice.json
    touch -d 2001-02-03T04:05:06Z users/alice.json
    put users/notes "$TWO"
    python '
def exchange(a, b): rename2(a, b, EXCHANGE)
one, two = read("users/alice.json"), read("users/notes")
ino, stat = os.stat("users/notes").st_ino, os.stat("users/alice.json")
exchange("users/notes", "users/alice.json")
same((read("users/alice.json"), read("users/notes")), (two, one))
same(version("users/alice.json"), 2)
same(os.stat("users/alice.json").st_ino, ino)
now = os.stat("users/notes")
same((now.st_mode, now.st_mtime), (stat.st_mode, stat.st_mtime))
exchange("users/alice.json", "users/notes")
same((read("users/alice.json"), read("users/notes")), (one, two))
same(version("users/alice.json"), 3)
os.mkdir(".d"); write(".d/bad", b"{}")
refused(errno.EBADMSG, exchange, ".d/bad", "users/alice.json")
refused(errno.EBADMSG, exchange, "users/alice.json", ".d/bad")
same((read("users/alice.json"), read(".d/bad")), (one, b"{}"))
refused(errno.ENOENT, exchange, ".d/bad", "users/bob.json")
refused(errno.EINVAL, exchange, "users/notes", "users/alice.json@3")
fd = os.open("users/notes", RW)
exchange("users/notes", "users/alice.json")
os.pwrite(fd, two.replace(b"Al", b"Li"), 0)
os.close(fd)
same((read("users/alice.json"), read("users/notes")), (two.replace(b"Al", b"Li"), one))
same(version("users/alice.json"), 5)
same(sorted(os.listdir("users")), ["alice.json", "notes"])'
    same "$(ls -A "$STORE/files/tmp")" ""
}

@test "an exchange that files_max has no room for changes nothing" {
    restart -o files_max=4K
    make_open
    put docs/x.json "{\"a\": \"$(head -c 3000 /dev/zero | tr '\0' a)\"}"
    put docs/notes '{"a": 1}'
    python 'refused(errno.ENOSPC, rename2, "docs/notes", "docs/x.json", EXCHANGE)'
    has_version docs/x.json 1
    holds docs/notes '{"a": 1}'$'\n'
    until_true 10 is_used 1033
}

# --- the document as a file

@test "an entity that becomes a file has its mode, owner and time; what cannot be changes nothing" {
    restart -o files_max=8K
    make_open
    put docs/x.json "{\"a\": \"$(head -c 3000 /dev/zero | tr '\0' a)\"}"
    chmod 640 docs/x.json
    chown 1234:4321 docs/x.json
    touch -d 2001-02-03T04:05:06Z docs/x.json
    shown=$(stat -c '%s %a %u:%g %Y' docs/x.json)
    mkdir docs/sub
    python 'refused(errno.EISDIR, os.rename, "docs/x.json", "docs/sub")'
    rmdir docs/sub
    put docs/x.bak old
    python 'refused(errno.EEXIST, rename2, "docs/x.json", "docs/x.bak", NOREPLACE)'
    holds docs/x.bak old$'\n'
    head -c 4000 /dev/zero >docs/full
    refused ENOSPC mv docs/x.json docs/x.bak
    holds docs/x.bak old$'\n'
    has_version docs/x.json 1
    rm docs/full
    mv docs/x.json docs/x.bak
    same "$(stat -c '%s %a %u:%g %Y' docs/x.bak)" "$shown"
    same "$(ls -A docs) $(ls -A "$STORE/files/tmp")" "x.bak "
    until_true 10 is_used $((1024 + ${shown%% *}))
}

@test "what a mount that died has left beside the files is cleared" {
    put notes.txt hello
    stop
    mkdir -p "$STORE/files/tmp"
    head -c 5000 /dev/zero >"$STORE/files/tmp/7"
    start && cd "$MNT"
    same "$(ls -A "$STORE/files/tmp")" ""
    is_used 1030
}
