# The program: its words, its options, and what it says of each mistake.
load lib

setup() {
    prepare
    cd "$BATS_TEST_TMPDIR"
}

# says STATUS PART... -- COMMAND...: the exit status, and one clear sentence with these parts.
says() {
    local status=$1 parts=()
    shift
    while [[ $1 != -- ]]; do parts+=("$1") && shift; done
    fails "$status" "${@:2}"
    has "$said" "${parts[@]}"
    same "$(wc -l <<<"$said")" 1 "more than a line: $said"
    if mountpoint -q "$MNT"; then fail "it is mounted all the same"; fi
}

@test "it returns 0 once the mount is usable, and makes the store with mode 0700" {
    umask 0
    start
    ls "$MNT" >/dev/null
    same "$(stat -c %a "$STORE")" 700
    same "$(stat -c %a "$STORE"/* | sort -u)" 600
}

@test "what is mounted is a FUSE file system, nosuid and nodev, with checked permissions" {
    start
    line=$(grep " $MNT " /proc/self/mounts)
    has "$line" fuse.persistfs nosuid nodev default_permissions
}

@test "fusermount3 -u and umount end the daemon" {
    start
    pid=$(daemon_of)
    stop # which waits for it
    start
    pid=$(daemon_of)
    umount "$MNT"
    ended "$pid"
    MOUNTS=()
}

@test "SIGTERM unmounts" {
    start
    pid=$(daemon_of)
    kill -TERM "$pid"
    ended "$pid"
    if mountpoint -q "$MNT"; then fail "still mounted"; fi
    MOUNTS=()
}

@test "it works from fstab and mount -t" {
    mkdir helper
    ln -s "$PERSISTFS" helper/persistfs
    # What mount(8) runs for an entry of that type, with a path of its own.
    PATH=$PWD/helper:$PATH mount.fuse3 "$STORE" "$MNT" -o rw,lease=5,noatime -t fuse.persistfs 3>&-
    MOUNTS+=("$STORE|$MNT")
    DAEMONS+=("$(daemon_of)")
    STORES+=("$STORE")
    mkdir "$MNT/docs"
}

@test "relative paths are fine" {
    (cd "$BATS_TEST_TMPDIR" && "$PERSISTFS" store mnt 3>&-)
    MOUNTS+=("$STORE|$MNT")
    STORES+=("$STORE")
    mkdir "$MNT/docs"
    put "$MNT/docs/a.json" '{}'
}

@test "names with spaces and commas are fine" {
    STORE="$BATS_TEST_TMPDIR/a store, mine"
    MNT="$BATS_TEST_TMPDIR/a mount"
    mkdir "$MNT"
    start
    mkdir "$MNT/docs"
    same "$(ls "$MNT")" docs
    stop
    MNT=$BATS_TEST_TMPDIR/mnt
}

@test "the daemon holds none of the caller's descriptors or folders" {
    said=$(timeout 10 "$PERSISTFS" "$STORE" "$MNT" 2>&1 3>&-) # returns: it has let go of the pipe
    MOUNTS+=("$STORE|$MNT")
    STORES+=("$STORE")
    pid=$(daemon_of)
    same "$(readlink "/proc/$pid/cwd")" /
    lacks "$(ls -l "/proc/$pid/fd")" "$OUT"
    same "$(readlink "/proc/$pid/fd/0")" /dev/null
}

@test "data.mdb is closed on exec" {
    start
    pid=$(daemon_of)
    for fd in "/proc/$pid/fd"/*; do
        [[ $(readlink "$fd") == */data.mdb ]] || continue
        flags=$(sed -n 's/^flags:\t*//p' "/proc/$pid/fdinfo/${fd##*/}")
        ((8#$flags & 8#2000000)) || fail "not O_CLOEXEC: $flags"
        seen=1
    done
    same "$seen" 1
}

# --- help and misuse

@test "--help, of the program and of each verb" {
    for words in --help -h "check --help"; do
        fails 0 "$PERSISTFS" $words
        has "$said" usage persistfs
    done
    has "$("$PERSISTFS" --help)" STORE MOUNTPOINT check lease attempts dispatched max_entity schema \
        replace ro
    has "$("$PERSISTFS" check --help)" "check STORE" || has "$("$PERSISTFS" check --help)" STORE
}

@test "--version" {
    fails 0 "$PERSISTFS" --version
    has "$said" persistfs 0.1
}

@test "misuse is exit 2" {
    fails 2 "$PERSISTFS"
    fails 2 "$PERSISTFS" "$STORE"
    fails 2 "$PERSISTFS" "$STORE" "$MNT" more
    fails 2 "$PERSISTFS" --frobnicate "$STORE" "$MNT"
    fails 2 "$PERSISTFS" check
    fails 2 "$PERSISTFS" check a b
    fails 2 "$PERSISTFS" check --frobnicate "$STORE"
    is_absent "$STORE"
}

@test "an option that is misspelt is named" {
    says 2 leese -- "$PERSISTFS" "$STORE" "$MNT" -o leese=3
    says 2 max_entitty -- "$PERSISTFS" "$STORE" "$MNT" -o ro,max_entitty=3
    says 2 frobnicate -- "$PERSISTFS" "$STORE" "$MNT" -o frobnicate
    is_absent "$STORE"
}

@test "a bad value is named" {
    for option in lease=x lease=-1 lease= attempts=0x attempts=-3 max_entity=1Q max_entity=0 \
        max_entity=99999999999999999999 dispatched=many durability=maybe durability=relaxed; do
        says 2 "${option%%=*}" -- "$PERSISTFS" "$STORE" "$MNT" -o "$option"
    done
    is_absent "$STORE"
}

@test "good values are taken" {
    for option in lease=1 attempts=1 max_entity=64K max_entity=2M dispatched=1 ro \
        allow_other; do
        start -o "$option"
        stop
    done
}

@test "auto_unmount is not one of them" {
    says 2 auto_unmount -- "$PERSISTFS" "$STORE" "$MNT" -o auto_unmount
}

# --- the mount point

@test "a missing mount point" {
    says 1 "$OUT/missing" -- "$PERSISTFS" "$STORE" "$OUT/missing"
    is_absent "$STORE"
}

@test "a mount point that is no folder" {
    put "$OUT/file" x
    fails 2 "$PERSISTFS" "$STORE" "$OUT/file"
    has "$said" "$OUT/file" "not a"
    is_absent "$STORE"
}

@test "a mount point that is not empty" {
    put "$MNT/file" x
    says 2 "$MNT" empty -- "$PERSISTFS" "$STORE" "$MNT"
    is_absent "$STORE"
    rm "$MNT/file"
}

@test "a mount point that is taken" {
    start
    fails 2 "$PERSISTFS" "$BATS_TEST_TMPDIR/store2" "$MNT"
    has "$said" "$MNT"
    is_absent store2
}

@test "a mount point inside the store" {
    mkdir -m 700 "$STORE"
    mkdir "$STORE/inside"
    fails 1 "$PERSISTFS" "$STORE" "$STORE/inside"
    has "$said" "$STORE"
}

# --- the store

@test "a store that cannot be made" {
    says 1 "$OUT/missing/store" -- "$PERSISTFS" "$OUT/missing/store" "$MNT"
    put "$OUT/file" x
    says 2 "$OUT/file" -- "$PERSISTFS" "$OUT/file" "$MNT"
}

@test "a store that cannot be read" {
    reachable
    chmod 755 "$MNT"
    chown 65534:65534 "$MNT"
    mkdir -m 711 "$OUT/closed"
    mkdir -m 700 "$OUT/closed/store"
    says 1 "$OUT/closed/store" -- as 65534 "$PERSISTFS" "$OUT/closed/store" "$MNT"
}

@test "a store of another user" {
    start
    stop
    chown -R 1001 "$STORE"
    says 1 "$STORE" 1001 -- "$PERSISTFS" "$STORE" "$MNT"
    chown -R "$(id -u)" "$STORE"
    start
}

@test "a store that others may change" {
    start
    stop
    chmod 777 "$STORE"
    says 1 "$STORE" "chmod 700" -- "$PERSISTFS" "$STORE" "$MNT"
    chmod 700 "$STORE"
}

@test "a mount right after an unmount finds the store free" {
    local status=0 i
    for i in {1..20}; do
        "$PERSISTFS" "$STORE" "$MNT" 3>&- || status=$?
        fusermount3 -u "$MNT"
    done
    same "$status" 0
    start # the last of them is waited for like any other
}

@test "a second daemon on the same store names the first" {
    start
    mkdir second
    fails 1 "$PERSISTFS" "$STORE" second
    has "$said" "$STORE" "$(daemon_of)"
    if mountpoint -q second; then fail "mounted twice"; fi
    ls "$MNT" >/dev/null
}

@test "a folder that holds something else" {
    mkdir -m 700 "$STORE"
    put "$STORE/notes.txt" mine
    says 1 "$STORE" "not empty" -- "$PERSISTFS" "$STORE" "$MNT"
    same "$(ls -A "$STORE")" notes.txt
}

@test "an empty folder becomes a store" {
    mkdir -m 700 "$STORE"
    start
    is_there "$STORE/data.mdb"
}

@test "a foreign data.mdb" {
    mkdir -m 700 "$STORE"
    head -c 100000 /dev/zero >"$STORE/data.mdb"
    says 1 "data.mdb" -- "$PERSISTFS" "$STORE" "$MNT"
    put "$STORE/data.mdb" "some other text"
    says 1 "data.mdb" -- "$PERSISTFS" "$STORE" "$MNT"
    : >"$STORE/data.mdb"
    says 1 "data.mdb" -- "$PERSISTFS" "$STORE" "$MNT"
    same "$(stat -c %s "$STORE/data.mdb")" 0
}

@test "a store of a newer format is refused, and left as it is" {
    start
    stop
    forget_store "$STORE"
    # The row: key, "persistfs", the format, and a checksum over all of it.
    python '
import ctypes
xxh = ctypes.CDLL("libxxhash.so.0")
xxh.XXH3_64bits.restype = ctypes.c_uint64
xxh.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
def digest(bytes): return xxh.XXH3_64bits(bytes, len(bytes)).to_bytes(8, "little")
path = sys.argv[1]
data = bytearray(open(path, "rb").read())
at, changed = -1, 0
while (at := data.find(b"persistfs", at + 1)) >= 0:
    end = at + len(b"persistfs") + 4
    for start in range(at - 1, at - 32, -1):
        if digest(bytes(data[start:end])) == data[end:end + 8]:
            data[end - 4:end] = b"\0\0\0\x63"
            data[end:end + 8] = digest(bytes(data[start:end]))
            changed += 1
            break
assert changed, "the row of the format was not found"
open(path, "wb").write(data)' "$STORE/data.mdb"
    before=$(sha256sum <"$STORE/data.mdb")
    says 1 "$STORE" 99 newer -- "$PERSISTFS" "$STORE" "$MNT"
    says 1 "$STORE" 99 newer -- "$PERSISTFS" check "$STORE"
    same "$(sha256sum <"$STORE/data.mdb")" "$before"
}

@test "a store that was being made when the power went is made anew" {
    start
    stop
    head -c 5000 "$STORE/data.mdb" >"$OUT/half"
    rm "$STORE"/*
    mv "$OUT/half" "$STORE/data.mdb.new"
    start
    same "$(ls -A "$MNT" | xargs)" ".outbox .schema"
}

# --- the mount that a killed daemon leaves

@test "a stale mount: it says how to clear it" {
    start
    mkdir "$MNT/docs"
    crash
    fails 1 "$PERSISTFS" "$STORE" "$MNT"
    has "$said" "$MNT" "-o replace" "fusermount3 -u"
    same "$(wc -l <<<"$said")" 1
}

@test "a stale mount: -o replace clears it" {
    start
    mkdir "$MNT/docs"
    crash
    MOUNTS=()
    start -o replace
    same "$(ls "$MNT")" docs
    same "$(grep -c " $MNT " /proc/self/mounts)" 1
}

@test "-o replace does not touch a mount that lives" {
    start
    mkdir "$MNT/docs" "$BATS_TEST_TMPDIR/x"
    fails 2 "$PERSISTFS" "$BATS_TEST_TMPDIR/x/store" "$MNT" -o replace
    same "$(ls "$MNT")" docs
}

@test "-o replace where nothing is mounted is a mount" {
    start -o replace
    ls "$MNT" >/dev/null
}

# --- /dev/fuse

@test "without /dev/fuse it says so" {
    mkdir dev
    fails 1 unshare -m sh -c '
        mount --make-rprivate / && mount --bind dev /dev && exec "$0" "$1" "$2"' \
        "$PERSISTFS" "$STORE" "$MNT"
    has "$said" /dev/fuse
    lacks "$said" "fuse: device not found"
}

# With the device as it is on most machines, where everybody may open it.
as_nobody_with_fuse() {
    unshare -m bash -ec '
        mount --make-rprivate /
        mount -t tmpfs none "$1"
        mknod -m 666 "$1/fuse" c 10 229
        mount --bind "$1/fuse" /dev/fuse
        chmod 666 /dev/fuse
        exec setpriv --reuid 65534 --regid 65534 --clear-groups -- bash -ec "$2" bash "${@:3}"' \
        bash "$BATS_TEST_TMPDIR/dev" "$@"
}

@test "an ordinary user mounts, writes and unmounts" {
    [[ -u $(command -v fusermount3) ]]
    mkdir dev
    reachable
    chown 65534:65534 "$MNT" "$HOME"
    as_nobody_with_fuse '
        "$1" "$2" "$3" 3>&-
        mkdir "$3/docs"
        echo "{\"a\": 1}" >"$3/docs/a.json"
        cat "$3/docs/a.json"
        stat -c %u "$3/docs/a.json"
        umask 277 && echo hello >"$3/docs/notes.txt" && umask 22
        ln "$3/docs/notes.txt" "$3/notes" && mkdir "$3/.d" && mv "$3/docs/notes.txt" "$3/.d"
        cat "$3/notes" && stat -c "%a %u %g %h" "$3/.d/notes.txt"
        fusermount3 -u "$3"' "$PERSISTFS" "$OUT/store" "$MNT" >"$OUT/said"
    same "$(cat "$OUT/said")" '{"a": 1}
65534
hello
400 65534 65534 2'
    ended "$(daemon_of "$OUT/store")"
    as 65534 "$PERSISTFS" check "$OUT/store"
}

# --- the log

@test "-f stays in the foreground and logs a line a commit and a refusal" {
    start_foreground
    cd "$MNT"
    make_alice
    refused EEXIST put users/bob.json "$ALICE"
    put users/alice.json "$ALICE" # nothing new
    cat users/alice.json >/dev/null
    stop
    same "$(jq -r '"\(.event) \(.instance)"' "$LOGS/stderr")" "commit .schema/users.json
commit users/alice.json
refusal users/bob.json"
    jq -s . "$LOGS/stderr" >"$OUT/lines"
    json "$OUT/lines" 'all(.at and .level and .correlation_id and .duration_us >= 0)'
    json "$OUT/lines" '[.[] | select(.event == "commit")] | all(.synced_us > 0 and .ran_us >= 0 and
        .waited_us >= 0 and .seq > 0 and .version == 1)'
    json "$OUT/lines" '.[2] | .code == "unique_conflict" and .errno == "EEXIST"'
}

@test "the line and the problem document share a correlation id" {
    start_foreground
    cd "$MNT"
    make_alice
    refused EEXIST put users/bob.json "$ALICE"
    id=$(jq -r .correlation_id users/.errors/bob.json)
    stop
    same "$(jq -r 'select(.event == "refusal") | .correlation_id' "$LOGS/stderr")" "$id"
}

@test "a broken file of -o schema is in the log" {
    mkdir schemas
    put schemas/broken.json '{"type": "thing"}'
    start_foreground -o "schema=$PWD/schemas"
    stop
    has "$(cat "$LOGS/stderr")" broken thing
}

@test "-d traces the calls" {
    start_foreground -d
    ls "$MNT/.schema" >/dev/null
    stop
    has "$(cat "$LOGS/stderr")" LOOKUP READDIR
}

@test "the name of a file cannot forge a line of the log" {
    start_foreground
    cd "$MNT"
    mkdir docs
    put $'docs/"quote\xc3\xa9, "x": 1.json' '{"a": 1}'
    refused EBADMSG put 'docs/a"b\c.json' '[]'
    stop
    jq -e . "$LOGS/stderr" >/dev/null
    same "$(wc -l <"$LOGS/stderr")" 3
}
