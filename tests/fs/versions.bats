# Versions, and what a write is based on.
load lib

setup() {
    prepare
    start
    cd "$MNT"
    mkdir docs
    put docs/a.json '{"n": 1}'
}

conflict() {
    json docs/.errors/a.json '.code == "version_conflict" and .errno == "ESTALE"'
    json docs/.errors/a.json '.expected_version == $expected and .actual_version == $actual' \
        --argjson expected "$1" --argjson actual "$2"
}

@test "1 at creation, one more for each commit" {
    has_version docs/a.json 1
    put docs/a.json '{"n": 2}'
    has_version docs/a.json 2
    append docs/a.json '{"m": 2}'
    has_version docs/a.json 3
    mv docs/a.json docs/b.json
    has_version docs/b.json 4
}

# --- pins

@test "a write to @N replaces version N" {
    put docs/a.json@1 '{"n": 2}'
    holds docs/a.json '{"n": 2}'$'\n'
    has_version docs/a.json 2
    put docs/a.json@2 '{"n": 3}'
    has_version docs/a.json 3
}

@test "a write to another @N is stale" {
    put docs/a.json '{"n": 2}'
    refused ESTALE put docs/a.json@1 '{"n": 3}'
    conflict 1 2
    refused ESTALE put docs/a.json@3 '{"n": 3}'
    conflict 3 2
    holds docs/a.json '{"n": 2}'$'\n'
    has_version docs/a.json 2
}

@test "a write to @0 creates, and only creates" {
    put docs/new.json@0 '{"n": 1}'
    has_version docs/new.json 1
    refused ESTALE put docs/new.json@0 '{"n": 2}'
    refused ESTALE put docs/a.json@0 '{"n": 2}'
    conflict 0 1
    holds docs/a.json '{"n": 1}'$'\n'
}

@test "a write to @N of what is not there is refused" {
    refused ESTALE put docs/new.json@1 '{"n": 1}'
    is_absent docs/new.json
}

@test ">> to @N merges into version N" {
    append docs/a.json@1 '{"m": 2}'
    json docs/a.json '. == {"n": 1, "m": 2}'
    refused ESTALE append docs/a.json@1 '{"m": 3}'
    json docs/a.json '. == {"n": 1, "m": 2}'
}

@test "the bytes refused at a pin are in .rejected under the entity's name" {
    put docs/a.json '{"n": 2}'
    refused ESTALE put docs/a.json@1 '{"n": 3}'
    holds docs/.rejected/a.json '{"n": 3}'$'\n'
}

@test "a pin is read exactly, and is not listed" {
    put docs/a.json '{"n": 2}'
    holds docs/a.json@1 '{"n": 1}'$'\n'
    same "$(stat -c %s docs/a.json@1)" 9
    same "$(getfattr --only-values -n user.persistfs.version docs/a.json@1)" 1
    same "$(ls docs)" a.json
}

@test "tee, cp and dd take pins" {
    echo '{"n": 2}' | tee docs/a.json@1 >"$OUT/tee"
    put "$OUT/3" '{"n": 3}'
    cp "$OUT/3" docs/a.json@2
    put "$OUT/4" '{"n": 4}'
    dd if="$OUT/4" of=docs/a.json@3 status=none
    has_version docs/a.json 4
    refused ESTALE tee docs/a.json@1 <"$OUT/3"
    refused ESTALE cp "$OUT/3" docs/a.json@1
    refused ESTALE dd if="$OUT/4" of=docs/a.json@1 status=none
}

# --- what the same process last read

@test "read, another changes, write: stale, until it is read again" {
    python '
read("docs/a.json")
by_other("echo {\\\"n\\\": 2} > docs/a.json")
refused(errno.ESTALE, write, "docs/a.json", b"{\"n\": 3}")
refused(errno.ESTALE, write, "docs/a.json", b"{\"n\": 4}")
same(read("docs/a.json"), b"{\"n\": 2}\n")
write("docs/a.json", b"{\"n\": 3}")
same(version("docs/a.json"), 3)'
}

@test "the refusal names both versions" {
    python '
read("docs/a.json")
by_other("echo {\\\"n\\\": 2} > docs/a.json; echo {\\\"n\\\": 3} > docs/a.json")
refused(errno.ESTALE, write, "docs/a.json", b"{\"n\": 4}")'
    conflict 1 3
}

@test "read, write, write: no conflict with oneself" {
    python '
read("docs/a.json")
for n in range(2, 6):
    write("docs/a.json", b"{\"n\": %d}" % n)
same(version("docs/a.json"), 5)'
}

@test "read, write, another changes, write: stale" {
    python '
read("docs/a.json")
write("docs/a.json", b"{\"n\": 2}")
by_other("echo {\\\"n\\\": 3} > docs/a.json")
refused(errno.ESTALE, write, "docs/a.json", b"{\"n\": 4}")'
    has_version docs/a.json 3
}

@test "who has read nothing replaces" {
    put docs/a.json '{"n": 2}'
    python 'write("docs/a.json", b"{\"n\": 3}")'
    put "$OUT/4" '{"n": 4}'
    cp "$OUT/4" docs/a.json
    has_version docs/a.json 4
}

@test "what another process has read is not held against this one" {
    cat docs/a.json >/dev/null
    put_by_other docs/a.json '{"n": 2}'
    dash -c 'echo "{\"n\": 3}" >docs/a.json'
    has_version docs/a.json 3
}

@test "a child is another process" {
    python '
read("docs/a.json")
by_other("echo {\\\"n\\\": 2} > docs/a.json")
pid = os.fork()
if pid == 0:
    write("docs/a.json", b"{\"n\": 3}")
    os._exit(0)
same(os.waitpid(pid, 0)[1], 0)
refused(errno.ESTALE, write, "docs/a.json", b"{\"n\": 4}")'
}

@test "threads are one process" {
    python '
import threading
def in_thread(f, *a):
    out = []
    def go():
        try: out.append(f(*a))
        except OSError as e: out.append(e.errno)
    t = threading.Thread(target=go); t.start(); t.join()
    return out[0]
same(in_thread(read, "docs/a.json"), b"{\"n\": 1}\n")
by_other("echo {\\\"n\\\": 2} > docs/a.json")
same(in_thread(write, "docs/a.json", b"{\"n\": 3}"), errno.ESTALE)
same(in_thread(read, "docs/a.json"), b"{\"n\": 2}\n")
same(in_thread(write, "docs/a.json", b"{\"n\": 3}"), 8)'
}

@test "reading one entity says nothing of another" {
    put docs/b.json '{"n": 1}'
    python '
read("docs/a.json")
by_other("echo {\\\"n\\\": 2} > docs/b.json")
write("docs/b.json", b"{\"n\": 3}")'
    has_version docs/b.json 3
}

@test "stat, ls and open alone are no reading" {
    python '
os.stat("docs/a.json"); os.listdir("docs"); os.close(os.open("docs/a.json", R))
by_other("echo {\\\"n\\\": 2} > docs/a.json")
write("docs/a.json", b"{\"n\": 3}")'
    has_version docs/a.json 3
}

@test "looking at an old version says nothing of the current one" {
    put docs/a.json '{"n": 2}'
    python '
read("docs/a.json@1")
write("docs/a.json", b"{\"n\": 3}")'
    has_version docs/a.json 3
}

@test "identical bytes are stale, too, when they are based on an old version" {
    python '
read("docs/a.json")
by_other("echo {\\\"n\\\": 2} > docs/a.json")
refused(errno.ESTALE, write, "docs/a.json", b"{\"n\": 2}\n")'
    has_version docs/a.json 2
}

@test "a write of what has been deleted and made anew since it was read is stale" {
    python '
read("docs/a.json")
by_other("rm docs/a.json; echo {\\\"n\\\": 7} > docs/a.json")
refused(errno.ESTALE, write, "docs/a.json", b"{\"n\": 3}")'
    holds docs/a.json '{"n": 7}'$'\n'
}

@test "a write of what has been deleted since it was read is stale" {
    python '
read("docs/a.json")
by_other("rm docs/a.json")
refused(errno.ESTALE, write, "docs/a.json", b"{\"n\": 3}")'
    is_absent docs/a.json
}

@test "a remount keeps no grudge" {
    python '
read("docs/a.json")'
    restart
    python 'write("docs/a.json", b"{\"n\": 3}")'
    has_version docs/a.json 2
}

# --- the version a handle was opened on

@test "opened for update, another changes, written: stale at fsync and at close" {
    python '
fd = os.open("docs/a.json", RW)
by_other("echo {\\\"n\\\": 2} > docs/a.json")
os.pwrite(fd, b"9", 6)
refused(errno.ESTALE, os.fsync, fd)
refused(errno.ESTALE, os.close, fd)'
    holds docs/a.json '{"n": 2}'$'\n'
    conflict 1 2
}

@test "a handle may sync several times" {
    python '
fd = os.open("docs/a.json", RW)
for n in b"345":
    os.pwrite(fd, bytes([n]), 6)
    os.fsync(fd)
os.close(fd)'
    holds docs/a.json '{"n": 5}'$'\n'
    has_version docs/a.json 4
}

@test "read and write through one handle is a change by its owner alone" {
    python '
fd = os.open("docs/a.json", RW)
text = os.read(fd, 100)
os.pwrite(fd, text.replace(b"1", b"2"), 0)
os.close(fd)'
    has_version docs/a.json 2
}

# --- >>

@test ">> is based on nothing and never conflicts" {
    python '
read("docs/a.json")
by_other("echo {\\\"n\\\": 2} > docs/a.json")
write("docs/a.json", b"{\"m\": 3}", W | APPEND)'
    json docs/a.json '. == {"n": 2, "m": 3}'
}

# --- x-require-version

require_version() { put .schema/docs.json '{"x-require-version": true}'; }

@test "x-require-version refuses an update that is based on none" {
    require_version
    refused ESTALE bash -c 'echo "{\"n\": 2}" >docs/a.json'
    json docs/.errors/a.json '.code == "version_required"'
    refused ESTALE bash -c 'echo "{\"n\": 2}" >>docs/a.json'
    json docs/.errors/a.json '.code == "version_required"'
    has_version docs/a.json 1
}

@test "x-require-version lets creations, pins and readers pass" {
    require_version
    put_by_other docs/b.json '{"n": 1}'
    put_by_other docs/a.json@1 '{"n": 2}'
    append docs/a.json@2 '{"m": 2}'
    python '
text = read("docs/a.json")
write("docs/a.json", b"{\"n\": 3}")
fd = os.open("docs/b.json", RW)
os.pwrite(fd, b"2", 6)
os.close(fd)'
    has_version docs/a.json 4
    has_version docs/b.json 2
}

@test "x-require-version does not mind what changes nothing" {
    require_version
    put_by_other docs/a.json '{"n": 1}'
    has_version docs/a.json 1
}

# --- the loop every program may write

@test "the retry loop: read, change, write, again on ESTALE" {
    python '
def increment():
    tries = 0
    while True:
        document = json.loads(read("docs/a.json"))
        if tries == 0:
            by_other("echo {\\\"n\\\": 10} > docs/a.json")
        document["n"] += 1
        try:
            write("docs/a.json", json.dumps(document).encode())
            return tries
        except OSError as error:
            same(error.errno, errno.ESTALE)
            tries += 1
same(increment(), 1)'
    json docs/a.json '.n == 11'
}
