# What has been acknowledged stays, whatever happens.
load lib

# What the writers were told is there: each entity is at the last acknowledged value, or at the one
# that was being written; and has a record for each version.
verify_acknowledged() {
    python '
state = json.load(open(sys.argv[1]))
commits = 0
for name, entry in state.items():
    path = f"docs/{name}.json"
    if not os.path.exists(path):
        same(entry["acked"], 0)
        continue
    text = read(path)
    document = json.loads(text)
    assert entry["acked"] <= document["n"] <= entry["tried"], (name, document["n"], entry)
    same(document["unique"], name)
    records = [json.loads(line) for line in read(f"docs/{name}.audit.jsonl").splitlines()]
    same([r["version"] for r in records], list(range(1, version(path) + 1)))
    commits += len(records)
    entry["acked"] = entry["tried"] = document["n"]
listed = [n for n in os.listdir("docs") if n[:-5] not in state]
same(listed, [])
same(len(os.listdir(".outbox/pending")), commits)
json.dump(state, open(sys.argv[1], "w"))' "$1"
}

@test "100 rounds of kill -9 under 8 writers" {
    TEST_LIMIT=420
    kill "$WATCHER" && watch_over
    put .schema/docs.json '{"properties": {"unique": {"x-unique": true}}, "x-outbox": true}'
    put "$OUT/state" '{}'
    RANDOM=20261121
    for ((round = 1; round <= ${KILL_ROUNDS:-100}; round++)); do
        python3 "$BATS_TEST_DIRNAME/killloop.py" "$OUT/state" "$(daemon_of)" $((RANDOM % 60 + 1))
        cd /
        ended "$(daemon_of)"
        fusermount3 -u "$MNT"
        MOUNTS=()
        if ! said=$("$PERSISTFS" check "$STORE" 2>&1); then fail "round $round: $said"; fi
        start
        cd "$MNT"
        verify_acknowledged "$OUT/state"
    done
}

@test "a kill in the middle of the making of a store leaves a store or none" {
    cd /
    stop
    for after in {1..20}; do
        rm -rf "$BATS_TEST_TMPDIR/young"
        timeout -s KILL "$(printf 0.%03d $((after * 5)))" "$PERSISTFS" "$BATS_TEST_TMPDIR/young" "$MNT" -f 2>/dev/null 3>&- ||
            true
        ! mountpoint -q "$MNT" 2>/dev/null && [[ -r $MNT ]] || umount -l "$MNT"
        mount_at "$BATS_TEST_TMPDIR/young" "$MNT"
        stop
    done
}

@test "a remount after a kill goes on where it was" {
    make_alice
    for round in 1 2 3; do
        append users/alice.json "{\"age\": $round}"
        crash_and_clear
        start
        cd "$MNT"
        json users/alice.json ".age == $round"
        has_version users/alice.json $((round + 1))
    done
    same "$(records users/alice.json)" 4
    same "$(jq -r .seq users/alice.audit.jsonl | xargs)" "2 3 4 5"
}

@test "inode numbers stay over a restart" {
    make_alice
    before=$(stat -c %i . users users/alice.json .schema/users.json)
    restart
    same "$(stat -c %i . users users/alice.json .schema/users.json)" "$before"
}

@test "who writes while the daemon dies is told" {
    make_alice
    exec 7>>users/alice.json
    crash
    if printf '{"age": 1}' >&7 2>/dev/null; then fail "a write to a dead mount succeeded"; fi
    exec 7>&- || true
}

# --- a full disk

small_disk() {
    cd /
    stop
    DISK=$BATS_TEST_TMPDIR/disk
    mkdir -p "$DISK"
    mount -t tmpfs -o size=3m,mode=755 tmpfs "$DISK"
    STORE=$DISK/store
    start
    cd "$MNT"
}

teardown() {
    local bad=0
    if [[ -n ${DISK:-} ]]; then
        cd /
        stop >&2 || bad=1
        "$PERSISTFS" check "$STORE" >&2 || bad=1
        STORES=()
        umount "$DISK" || bad=1
    fi
    teardown_of_lib || bad=1
    return "$bad"
}

@test "a full disk: ENOSPC, everything is intact, and writes go on once there is room" {
    put .schema/docs.json '{}' # of the first store
    small_disk
    mkdir docs
    python '
n = 0
while True:
    try:
        write(f"docs/d{n}.json", b"{\"n\": %d, \"x\": \"%s\"}" % (n, b"y" * 20000))
    except OSError as error:
        same(error.errno, errno.ENOSPC)
        break
    n += 1
    assert n < 1000, "the disk is never full"
assert n > 10, n
for m in range(n, n + 5):
    refused(errno.ENOSPC, write, f"docs/d{m}.json", b"{\"n\": 1, \"x\": \"%s\"}" % (b"y" * 20000))
same(sorted(os.listdir("docs")), sorted(f"d{i}.json" for i in range(n)))
for i in range(n):
    same(json.loads(read(f"docs/d{i}.json"))["n"], i)
open(sys.argv[1], "w").write(str(n))' "$OUT/n"
    n=$(cat "$OUT/n")
    json "docs/.errors/d$n.json" '.code == "no_space" and .errno == "ENOSPC" and .status == 507'
    "$PERSISTFS" check "$STORE"
    mount -o remount,size=64m "$DISK"
    put "docs/d$n.json" '{"n": 1}'
    has_version "docs/d$n.json" 1
    restart
    same "$(ls docs | wc -l)" $((n + 1))
    json "docs/d0.json" '.n == 0'
}

@test "a full disk under 8 writers: each is told the truth" {
    small_disk
    mkdir docs
    python '
children = []
for w in range(8):
    pid = os.fork()
    if pid == 0:
        acked = 0
        for i in range(200):
            try:
                write(f"docs/w{w}-{i}.json", b"{\"x\": \"%s\"}" % (b"y" * 9000))
                acked += 1
            except OSError as error:
                if error.errno != errno.ENOSPC: os._exit(255)
                break
        open(sys.argv[1] + f".{w}", "w").write(str(acked))
        os._exit(0)
    children.append(pid)
same([os.waitpid(pid, 0)[1] for pid in children], [0] * 8)
for w in range(8):
    acked = int(open(sys.argv[1] + f".{w}").read())
    assert acked < 200, "the disk was never full"
    mine = sorted(n for n in os.listdir("docs") if n.startswith(f"w{w}-"))
    same(mine, sorted(f"w{w}-{i}.json" for i in range(acked)))' "$OUT/acked"
    restart
    for file in docs/*; do json "$file" '.x | length == 9000'; done
}

@test "a full disk: what exists can be read and unmounted, and mounted again" {
    small_disk
    mkdir docs
    put docs/a.json '{"a": 1}'
    fallocate -l 64M "$DISK/rest" 2>/dev/null || true
    dd if=/dev/zero of="$DISK/rest" bs=64k 2>/dev/null || true
    restart
    json docs/a.json '.a == 1'
    rm "$DISK/rest"
    put docs/a.json '{"a": 2}'
}
