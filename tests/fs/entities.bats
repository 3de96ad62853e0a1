# What a user does to an entity, and what it means.
load lib

@test "echo > creates" {
    make_open
    echo '{"a": 1}' >docs/a.json
    holds docs/a.json '{"a": 1}'$'\n'
    has_version docs/a.json 1
    same "$(records docs/a.json)" 1
}

@test "echo > replaces the whole document" {
    make_open
    echo '{"a": 1, "b": 2}' >docs/a.json
    echo '{"c": 3}' >docs/a.json
    holds docs/a.json '{"c": 3}'$'\n'
    has_version docs/a.json 2
}

@test "echo >> merges a patch" {
    make_open
    echo '{"a": 1, "b": {"c": 2, "d": 3}}' >docs/a.json
    echo '{"b": {"c": null, "e": 4}, "f": [1]}' >>docs/a.json
    json docs/a.json '. == {"a": 1, "b": {"d": 3, "e": 4}, "f": [1]}'
    has_version docs/a.json 2
}

@test "echo >> keeps the order, and the spelling of numbers it did not touch" {
    make_open
    printf '%s' '{"z": 19.99, "a": 1.10, "m": 1e3, "big": 9007199254740993, "y": -0.0}' >docs/a.json
    echo '{"new": 0.10}' >>docs/a.json
    holds docs/a.json '{
  "z": 19.99,
  "a": 1.10,
  "m": 1e3,
  "big": 9007199254740993,
  "y": -0.0,
  "new": 0.10
}
'
}

@test "echo >> to what is not there creates it" {
    make_open
    echo '{"a": 1, "b": null}' >>docs/a.json
    json docs/a.json '. == {"a": 1}'
    has_version docs/a.json 1
}

@test "two patches through one handle are two versions" {
    make_open
    put docs/a.json '{"n": 0}'
    { echo '{"a": 1}'; echo '{"b": 2}'; } >>docs/a.json
    json docs/a.json '. == {"n": 0, "a": 1, "b": 2}'
    has_version docs/a.json 3
}

@test "a patch that changes nothing makes no version" {
    make_open
    printf '%s' '{"a":1}' >docs/a.json
    echo '{"a": 1}' >>docs/a.json
    echo '{"gone": null}' >>docs/a.json
    echo '{}' >>docs/a.json
    has_version docs/a.json 1
    holds docs/a.json '{"a":1}'
    same "$(records docs/a.json)" 1
}

@test "editing in place replaces by the resulting bytes" {
    make_open
    printf '%s' '{"a": 1234}' >docs/a.json
    printf 99 | dd of=docs/a.json bs=1 seek=7 conv=notrunc status=none
    holds docs/a.json '{"a": 1994}'
    has_version docs/a.json 2
}

@test "an edit in place that leaves no document is refused, and the old one stays" {
    make_open
    printf '%s' '{"a": 1234}' >docs/a.json
    printf '}' >"$OUT/brace"
    refused EBADMSG dd if="$OUT/brace" of=docs/a.json bs=1 seek=6 conv=notrunc,fsync status=none
    refused EBADMSG dd if="$OUT/brace" of=docs/a.json bs=1 seek=6 conv=notrunc status=none
    holds docs/a.json '{"a": 1234}'
    has_version docs/a.json 1
}

@test "several writes in place are one version, at close" {
    make_open
    printf '%s' '{"a": 1, "b": 2}' >docs/a.json
    python '
fd = os.open("docs/a.json", RW)
os.pwrite(fd, b"7", 6)
os.pwrite(fd, b"8", 14)
same(version("docs/a.json"), 1)
os.close(fd)'
    holds docs/a.json '{"a": 7, "b": 8}'
    has_version docs/a.json 2
}

@test "cutting a document shorter in place is judged at close" {
    make_open
    printf '%s' '{"a": 1}            ' >docs/a.json
    truncate -s 8 docs/a.json
    holds docs/a.json '{"a": 1}'
    refused EBADMSG truncate -s 5 docs/a.json
    holds docs/a.json '{"a": 1}'
}

@test "mv changes the id: same entity, one commit" {
    make_alice
    inode=$(stat -c %i users/alice.json)
    mv users/alice.json users/alicia.json
    is_absent users/alice.json
    holds users/alicia.json "$ALICE"$'\n'
    same "$(stat -c %i users/alicia.json)" "$inode"
    has_version users/alicia.json 2
    same "$(jq -r .op users/alicia.audit.jsonl | xargs)" "create rename"
    json users/alicia.meta '.id == "alicia" and .version == 2'
    same "$(tail -n 1 users/alicia.audit.jsonl | jq -c '[.from, .id, .patch]')" \
        '["users/alice","alicia",[]]'
}

@test "after mv the old id is free, and its unique values are still the entity's" {
    make_alice
    mv users/alice.json users/alicia.json
    refused EEXIST put users/alice.json "$ALICE"
    put users/alice.json '{"name": "Other", "email": "o@x.org"}'
    has_version users/alice.json 1
}

@test "mv onto an entity replaces it" {
    make_open
    put docs/a.json '{"a": 1}'
    put docs/b.json '{"b": 2}'
    mv -f docs/a.json docs/b.json
    same "$(ls docs)" b.json
    json docs/b.json '. == {"a": 1}'
}

@test "mv -n does not" {
    make_open
    put docs/a.json '{"a": 1}'
    put docs/b.json '{"b": 2}'
    mv -n docs/a.json docs/b.json
    json docs/a.json '. == {"a": 1}'
    json docs/b.json '. == {"b": 2}'
}

@test "mv to another collection is validated by it" {
    make_users
    make_open drafts
    put drafts/bob.json '{"name": "Bob"}'
    refused EBADMSG mv drafts/bob.json users/bob.json
    json drafts/bob.json '. == {"name": "Bob"}'
    is_absent users/bob.json
    put drafts/bob.json '{"name": "Bob", "email": "b@x.org"}'
    mv drafts/bob.json users/bob.json
    is_absent drafts/bob.json
    json users/bob.json '.email == "b@x.org"'
    same "$(jq -r .op users/bob.audit.jsonl | xargs)" "create update rename"
}

@test "mv to another collection meets its unique values" {
    make_alice
    make_open drafts
    put drafts/bob.json "$ALICE"
    # mv 9.1 sometimes misreads this EEXIST and says "cannot overwrite directory", so ask rename(2).
    python 'refused(errno.EEXIST, os.rename, "drafts/bob.json", "users/bob.json")'
    fails 1 mv drafts/bob.json users/bob.json
    json users/.errors/bob.json '.code == "unique_conflict"'
    holds drafts/bob.json "$ALICE"$'\n'
}

@test "mv to a name that is nobody's is refused, and the entity stays" {
    make_alice
    for name in users/alice.meta users/.errors users/alice.audit.jsonl .outbox/pending/alice.json; do
        if mv users/alice.json "$name" 2>/dev/null; then fail "moved to $name"; fi
    done
    holds users/alice.json "$ALICE"$'\n'
    has_version users/alice.json 1
}

@test "cp creates another" {
    make_open
    put docs/a.json '{"a": 1}'
    cp docs/a.json docs/b.json
    cmp docs/a.json docs/b.json
    has_version docs/b.json 1
    [[ $(stat -c %i docs/a.json) != $(stat -c %i docs/b.json) ]]
}

@test "rm deletes" {
    make_alice
    rm users/alice.json
    is_absent users/alice.json
    same "$(ls -A users)" ""
    refused ENOENT cat users/alice.json
    refused ENOENT cat users/alice.meta
    same "$(jq -r .op users/alice.audit.jsonl | xargs)" "create delete"
}

@test "what was deleted frees its unique values, and may be made again" {
    make_alice
    rm users/alice.json
    put users/other.json "$ALICE"
    refused EEXIST put users/alice.json "$ALICE"
    rm users/other.json
    put users/alice.json "$ALICE"
    has_version users/alice.json 1
}

@test "the document of an earlier version stays readable" {
    make_open
    for n in 1 2 3 4 5; do put docs/a.json "{\"n\": $n}"; done
    for n in 1 2 3 4 5; do holds docs/a.json@$n "{\"n\": $n}"$'\n'; done
    refused ENOENT cat docs/a.json@6
    restart
    holds docs/a.json@2 '{"n": 2}'$'\n'
}

@test "mkdir makes a collection with an open schema, rmdir drops it when it is empty" {
    mkdir orders
    json .schema/orders.json '. == {}'
    put orders/a.json '{"anything": [1, {"x": null}]}'
    refused ENOTEMPTY rmdir orders
    rm orders/a.json
    rmdir orders
    is_absent orders
    is_absent .schema/orders.json
    refused EEXIST mkdir .schema
    mkdir orders
    refused EEXIST mkdir orders
}

@test "rm of the schema drops the collection, when it is empty" {
    make_alice
    refused ENOTEMPTY rm .schema/users.json
    is_there users/alice.json
    rm users/alice.json
    rm .schema/users.json
    is_absent users
}

@test "touch, chmod, chown and utimes make no version" {
    make_alice
    touch users/alice.json
    touch -d '2001-02-03 04:05:06.789 UTC' users/alice.json
    same "$(stat -c %y users/alice.json | cut -c 1-23)" "2001-02-03 04:05:06.789"
    chmod 640 users/alice.json
    same "$(stat -c %a users/alice.json)" 640
    chown 1234:2345 users/alice.json
    same "$(stat -c %u:%g users/alice.json)" 1234:2345
    has_version users/alice.json 1
    same "$(records users/alice.json)" 1
    restart
    same "$(stat -c '%a %u:%g' users/alice.json)" "640 1234:2345"
    same "$(stat -c %Y users/alice.json)" 981173106
}

@test "the metadata survives a new version, but for mtime" {
    make_alice
    chmod 640 users/alice.json
    chown 1234:2345 users/alice.json
    touch -d '2001-02-03' users/alice.json
    append users/alice.json '{"age": 4}'
    same "$(stat -c '%a %u:%g' users/alice.json)" "640 1234:2345"
    (($(date +%s) - $(stat -c %Y users/alice.json) < 60))
}

@test "cp -p keeps mode, owner and times" {
    make_open
    put "$OUT/a.json" '{"a": 1}'
    touch -d '2001-02-03 04:05:06 UTC' "$OUT/a.json"
    chmod 604 "$OUT/a.json"
    cp -p "$OUT/a.json" docs/a.json
    same "$(stat -c '%a %Y' docs/a.json)" "604 981173106"
    has_version docs/a.json 1
}

@test "a new entity is its maker's alone" {
    make_open
    umask 0
    put docs/a.json '{"a": 1}'
    same "$(stat -c '%a %u:%g %F' docs/a.json)" "600 $(id -u):$(id -g) regular file"
}

@test "mtime is the last change" {
    make_open
    put docs/a.json '{"a": 1}'
    first=$(stat -c %.9Y docs/a.json)
    cat docs/a.json >/dev/null
    same "$(stat -c %.9Y docs/a.json)" "$first"
    put docs/a.json '{"a": 2}'
    [[ $(stat -c %.9Y docs/a.json) > $first ]]
}

@test ".meta has what the file system knows" {
    make_alice
    append users/alice.json '{"age": 4}'
    json users/alice.meta '.id == "alice" and .collection == "users" and .version == 2'
    json users/alice.meta '.size == $size' --argjson size "$(stat -c %s users/alice.json)"
    json users/alice.meta '(.created | test("^20..-..-..T..:..:..\\.[0-9]+Z$")) and .updated > .created'
}

@test "the xattrs version and id" {
    make_alice
    same "$(getfattr --only-values -n user.persistfs.id users/alice.json)" alice
    same "$(getfattr --only-values -n user.persistfs.version users/alice.json)" 1
    same "$(getfattr -d users/alice.json)" "" # not listed: they are not to be copied
    if getfattr -n user.persistfs.error users/alice.json 2>/dev/null; then
        fail "there is an error, and there was none"
    fi
    if setfattr -n user.persistfs.version -v 9 users/alice.json 2>/dev/null; then
        fail "the version could be set"
    fi
    has_version users/alice.json 1
}

@test "writing what is there changes nothing" {
    make_alice
    before=$(stat -c %.9Y users/alice.json)
    put users/alice.json "$ALICE"
    cp users/alice.json "$OUT/a" && cp "$OUT/a" users/alice.json
    has_version users/alice.json 1
    same "$(records users/alice.json)" 1
    same "$(pending | wc -l)" 1
    same "$(stat -c %.9Y users/alice.json)" "$before"
}

@test "a read sees the version that was opened, whatever happens" {
    make_open
    printf '%s' '{"text": "the first version"}' >docs/a.json
    python '
fd = os.open("docs/a.json", R)
first = os.read(fd, 10)
by_other("printf %s \"{}\" > docs/a.json")
same(first + os.read(fd, 100), b"{\"text\": \"the first version\"}")
same(os.pread(fd, 100, 0), b"{\"text\": \"the first version\"}")
same(read("docs/a.json"), b"{}")
by_other("rm docs/a.json")
same(os.pread(fd, 9, 0), b"{\"text\": ")'
}

@test "a reader never sees half a document" {
    make_open
    python '
import threading
small, large = b"{}", b"{\"x\": \"" + b"y" * 200000 + b"\"}"
write("docs/a.json", small)
pid = os.fork()
if pid == 0:
    for i in range(150):
        write("docs/a.json", large if i % 2 else small)
    os._exit(0)
reads = 0
while os.waitpid(pid, os.WNOHANG)[0] == 0:
    got = read("docs/a.json")
    assert got in (small, large), f"{len(got)} bytes: {got[:40]!r}"
    reads += 1
assert reads > 10, reads'
}

@test "a reader that takes st_size bytes gets a whole document" {
    make_open
    python '
small, large = b"{}", b"{\"x\": \"" + b"y" * 3000 + b"\"}"
write("docs/a.json", small)
pid = os.fork()
if pid == 0:
    for i in range(300):
        write("docs/a.json", large if i % 2 else small)
    os._exit(0)
while os.waitpid(pid, os.WNOHANG)[0] == 0:
    fd = os.open("docs/a.json", R)
    got = os.read(fd, os.fstat(fd).st_size)
    os.close(fd)
    assert got in (small, large), f"{len(got)} bytes: {got[:40]!r}"'
}

# --- when a write takes effect

@test "the write that completes a document commits it" {
    make_open
    python '
fd = os.open("docs/a.json", W | CREAT | TRUNC, 0o666)
os.write(fd, b"{\"a\": ")
assert not os.path.exists("docs/a.json.x")
refused(errno.ENOENT, read, "docs/a.json@1")
os.write(fd, b"1}")
same(read("docs/a.json@1"), b"{\"a\": 1}")
os.close(fd)'
}

@test "the end of a document may come in a write of its own" {
    make_open
    { printf '{"a": 1}'; printf '\n'; printf '\n'; } >docs/a.json
    holds docs/a.json '{"a": 1}'$'\n\n'
    has_version docs/a.json 1
    same "$(records docs/a.json)" 1
}

@test "a document may come a byte at a time" {
    make_open
    python '
fd = os.open("docs/a.json", W | CREAT | TRUNC)
for byte in b"{\"a\": [1, \"\xc3\xa9\\u00e9\"]}\n":
    os.write(fd, bytes([byte]))
os.close(fd)'
    json docs/a.json '. == {"a": [1, "éé"]}'
    has_version docs/a.json 1
}

@test "{ ...; } > file, with commands that flush in between" {
    make_open
    { echo '{'; /bin/echo '"a": 1,'; echo '"b": 2'; /bin/echo '}'; } >docs/a.json
    json docs/a.json '. == {"a": 1, "b": 2}'
    has_version docs/a.json 1
}

@test "bytes that can't become a document are refused by the write that brings them" {
    make_open
    python '
fd = os.open("docs/a.json", W | CREAT | TRUNC)
same(os.write(fd, b"{\"a\": "), 6)
refused(errno.EBADMSG, os.write, fd, b"nonsense}")
refused(errno.EBADMSG, os.fsync, fd)
refused(errno.EBADMSG, os.close, fd)'
    same "$(ls -A docs)" ""
}

@test "a text that ends too early is refused at fsync and at close" {
    make_open
    python '
fd = os.open("docs/a.json", W | CREAT | TRUNC)
os.write(fd, b"{\"a\": 1")
refused(errno.EBADMSG, os.fsync, fd)
refused(errno.EBADMSG, os.close, fd)'
    json docs/.errors/a.json '.code == "validation"'
    holds docs/.rejected/a.json '{"a": 1'
    is_absent docs/a.json
}

@test "a refused write that is repeated is refused again, another is judged anew" {
    make_open
    put .schema/docs.json '{"properties": {"a": {"type": "integer"}}}'
    python '
fd = os.open("docs/a.json", W | CREAT | TRUNC)
refused(errno.EBADMSG, os.write, fd, b"{\"a\": \"x\"}")
refused(errno.EBADMSG, os.write, fd, b"{\"a\": \"x\"}")
same(os.write(fd, b"{\"a\": 1}"), 8)
os.close(fd)'
    holds docs/a.json '{"a": 1}'
    has_version docs/a.json 1
}

@test "truncating alone changes nothing" {
    make_alice
    : >users/alice.json
    holds users/alice.json "$ALICE"$'\n'
    truncate -s 0 users/alice.json
    holds users/alice.json "$ALICE"$'\n'
    has_version users/alice.json 1
}

@test "an untouched draft closes without a word" {
    make_alice
    python '
os.close(os.open("users/alice.json", RW))
os.close(os.open("users/alice.json", W | TRUNC))
fd = os.open("users/alice.json", W | APPEND)
os.fsync(fd)
os.close(fd)'
    has_version users/alice.json 1
}

@test "touch of a new name, then its first content" {
    make_open
    touch docs/a.json
    put docs/a.json '{"a": 1}'
    holds docs/a.json '{"a": 1}'$'\n'
    has_version docs/a.json 1
    same "$(records docs/a.json)" 1
}

@test "two handles do not mix" {
    make_open
    put docs/a.json '{"n": 0}'
    python '
one = os.open("docs/a.json", W | TRUNC)
two = os.open("docs/a.json", W | TRUNC)
os.write(one, b"{\"one\": ")
os.write(two, b"{\"two\": 2}")
same(read("docs/a.json"), b"{\"two\": 2}")
os.write(one, b"1}")
os.close(one)
os.close(two)
same(read("docs/a.json"), b"{\"one\": 1}")'
}

@test "only the writer sees the size of its draft" {
    make_open
    printf '%s' '{"n": 0}' >docs/a.json
    python '
fd = os.open("docs/a.json", W | TRUNC)
same(os.fstat(fd).st_size, 0)
os.write(fd, b"{\"a\"")
same(os.fstat(fd).st_size, 4)
same(subprocess.check_output(["stat", "-c", "%s", "docs/a.json"]), b"8\n")
os.write(fd, b": 1234567}")
os.close(fd)
same(os.stat("docs/a.json").st_size, 14)'
}

@test "the kill of a writer leaves what was there" {
    make_alice
    python '
pid = os.fork()
if pid == 0:
    fd = os.open("users/alice.json", W | TRUNC)
    os.write(fd, b"{\"name\": \"Al")
    os.kill(os.getpid(), 9)
os.waitpid(pid, 0)'
    holds users/alice.json "$ALICE"$'\n'
    has_version users/alice.json 1
}

# --- what an ordinary file system would do

@test "link is EPERM, ACLs are ENOTSUP" {
    make_alice
    refused EPERM ln users/alice.json users/other.json
    acl=0x02000000,01000600ffffffff,04000400ffffffff,20000400ffffffff
    refused ENOTSUP setfattr -n system.posix_acl_access -v "${acl//,/}" users/alice.json
}

@test "O_EXCL refuses what is there" {
    make_alice
    python 'refused(errno.EEXIST, os.open, "users/alice.json", W | CREAT | EXCL)'
}

@test "a folder is no file, a file is no folder" {
    make_alice
    refused EISDIR put users "$ALICE"
    refused ENOTDIR ls users/alice.json/x
    refused ENOTDIR rmdir users/alice.json
    refused EISDIR cat users
}

@test "locks work" {
    make_alice
    python '
import fcntl
fd = os.open("users/alice.json", RW)
fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
done = subprocess.run(["flock", "-n", "users/alice.json", "true"])
same(done.returncode, 1)
fcntl.flock(fd, fcntl.LOCK_UN)
fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
os.close(fd)
same(subprocess.run(["flock", "-n", "users/alice.json", "true"]).returncode, 0)'
}

@test "mmap for reading works" {
    make_alice
    python '
import mmap
fd = os.open("users/alice.json", R)
with mmap.mmap(fd, 0, mmap.MAP_PRIVATE, mmap.PROT_READ) as view:
    assert view[:16] == b"{\"name\": \"Alice\"", view[:16]'
}

@test "sync of a folder works" {
    make_alice
    python '
fd = os.open("users", R | os.O_DIRECTORY)
os.fsync(fd)'
    sync users/alice.json
    sync -f users
}
