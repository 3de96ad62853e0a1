# Events: made with the commit, claimed by one, acknowledged, returned, given up.
load lib

lapse=1 # seconds, the shortest lease there is

# begin [OPTION...]: a collection with five events in pending.
begin() {
    if (($#)); then restart "$@"; fi
    put .schema/users.json '{"x-outbox": true}'
    for n in 1 2 3 4 5; do put users/u$n.json "{\"n\": $n}"; done
    mkdir .outbox/claimed/me
}

first() { ls ".outbox/$1" | head -n 1; }
events_in() { ls ".outbox/$1" | wc -l; }
is_in() { [[ -e .outbox/$1/$2 ]]; }

claim() {
    EVENT=$(first pending)
    mv ".outbox/pending/$EVENT" ".outbox/claimed/${1:-me}/"
}

@test "an event says what happened" {
    begin
    file=.outbox/pending/$(first pending)
    [[ ${file##*/} =~ ^[0-9]{20}-users\.created\.json$ ]] || fail "a strange name: $file"
    json "$file" '.type == "users.created" and .collection == "users" and .id == "u1" and
        .version == 1 and .op == "create" and .attempts == 0 and .data == {"n": 1}'
    json "$file" '.seq == $seq and (.at | test("^20.*Z$"))' \
        --argjson seq "$(jq .seq users/u1.audit.jsonl)"
    same "$(basename "$file" | cut -c 1-20)" "$(printf %020d "$(jq .seq users/u1.audit.jsonl)")"
    same "$(stat -c %s "$file")" "$(wc -c <"$file")"
}

@test "each operation has its event, in order" {
    put .schema/users.json '{"x-outbox": true}'
    put users/a.json '{"n": 1}'
    put users/a.json '{"n": 2}'
    mv users/a.json users/b.json
    rm users/b.json
    same "$(pending | sed 's/^[0-9]*-//' | xargs)" \
        "users.created.json users.updated.json users.renamed.json users.deleted.json"
    same "$(pending)" "$(pending | sort)"
    json ".outbox/pending/$(pending | tail -n 1)" '.data == null and .op == "delete" and .id == "b"'
    json ".outbox/pending/$(pending | head -n 1)" '.data == {"n": 1}'
}

@test "no commit, no event" {
    begin
    refused EBADMSG put users/u1.json '[]'
    put users/u1.json '{"n": 1}'
    touch users/u1.json
    same "$(events_in pending)" 5
}

@test "mv claims, and counts the attempt" {
    begin
    claim
    is_absent ".outbox/pending/$EVENT"
    json ".outbox/claimed/me/$EVENT" '.attempts == 1 and .id == "u1"'
    same "$(events_in pending)" 4
    refused ENOENT mv ".outbox/pending/$EVENT" .outbox/claimed/me/
}

@test "rm of a claimed event acknowledges it" {
    begin
    claim
    rm ".outbox/claimed/me/$EVENT"
    json ".outbox/dispatched/$EVENT" '.id == "u1" and .attempts == 1'
    same "$(ls .outbox/dispatched)" "$EVENT"
    same "$(events_in claimed/me)" 0
}

@test "mv to dispatched acknowledges it too" {
    begin
    claim
    mv ".outbox/claimed/me/$EVENT" .outbox/dispatched/
    same "$(ls .outbox/dispatched)" "$EVENT"
    same "$(events_in claimed/me)" 0
}

@test "rm of a pending event acknowledges it unseen" {
    begin
    event=$(first pending)
    rm ".outbox/pending/$event"
    same "$(ls .outbox/dispatched)" "$event"
    same "$(events_in pending)" 4
}

@test "mv back to pending returns it" {
    begin
    claim
    mv ".outbox/claimed/me/$EVENT" .outbox/pending/
    json ".outbox/pending/$EVENT" '.attempts == 1'
    same "$(first pending)" "$EVENT"
}

@test "moves that mean nothing are refused" {
    begin
    claim
    event=$(first pending)
    refused ENOENT mv ".outbox/pending/$event" ".outbox/claimed/nobody/$event"
    for target in ".outbox/pending/other.json" ".outbox/claimed/me/other.json" \
        ".outbox/claimed/$event" users/x.json ".outbox/$event"; do
        if mv ".outbox/pending/$event" "$target" 2>/dev/null; then fail "moved to $target"; fi
    done
    if put .outbox/pending/new.json '{}' 2>/dev/null; then fail "an event could be made"; fi
    if put .outbox/claimed/me/new.json '{}' 2>/dev/null; then fail "an event could be made"; fi
    if mkdir .outbox/pending/x .outbox/other 2>/dev/null; then fail "a folder could be made"; fi
    is_there ".outbox/pending/$event"
    same "$(find .outbox -type f | wc -l)" 5
}

@test "workers have folders" {
    begin
    mkdir .outbox/claimed/other
    same "$(ls .outbox/claimed | xargs)" "me other"
    refused EEXIST mkdir .outbox/claimed/me
    claim other
    refused ENOTEMPTY rmdir .outbox/claimed/other
    rm ".outbox/claimed/other/$EVENT"
    rmdir .outbox/claimed/other
    same "$(ls .outbox/claimed)" me
    restart
    same "$(ls .outbox/claimed)" me
}

@test "a claim lapses after the lease, and the event returns" {
    begin -o lease=$lapse
    claim
    until_true 10 is_in pending "$EVENT"
    same "$(events_in claimed/me)" 0
    json ".outbox/pending/$EVENT" '.attempts == 1'
    claim
    json ".outbox/claimed/me/$EVENT" '.attempts == 2'
    rm ".outbox/claimed/me/$EVENT"
    json ".outbox/dispatched/$EVENT" '.attempts == 2'
}

@test "a claim that has lapsed can't be acknowledged" {
    begin -o lease=$lapse
    claim
    until_true 10 is_in pending "$EVENT"
    refused ENOENT rm ".outbox/claimed/me/$EVENT"
    is_there ".outbox/pending/$EVENT"
}

@test "after the last attempt the event is dead" {
    begin -o lease=$lapse,attempts=2
    claim
    until_true 10 is_in pending "$EVENT"
    claim
    until_true 10 is_in dead "$EVENT"
    same "$(events_in pending)" 4
    json ".outbox/dead/$EVENT" '.attempts == 2 and .id == "u1"'
}

@test "mv from dead to pending retries it" {
    begin -o lease=$lapse,attempts=1
    claim
    until_true 10 is_in dead "$EVENT"
    mv ".outbox/dead/$EVENT" .outbox/pending/
    claim
    rm ".outbox/claimed/me/$EVENT"
    is_there ".outbox/dispatched/$EVENT"
}

@test "rm of a dead or dispatched event forgets it" {
    begin -o lease=$lapse,attempts=1
    claim
    until_true 10 is_in dead "$EVENT"
    rm ".outbox/dead/$EVENT"
    same "$(events_in dead) $(events_in dispatched)" "0 0"
    claim
    rm ".outbox/claimed/me/$EVENT"
    rm ".outbox/dispatched/$EVENT"
    same "$(events_in dispatched)" 0
    same "$(events_in pending)" 3
}

@test "a claim lapses while nobody looks, and over a restart" {
    begin -o lease=$lapse
    claim
    restart -o lease=$lapse
    until_true 10 is_in pending "$EVENT"
}

@test "only so many dispatched ones are kept, the newest" {
    begin -o dispatched=3
    events=($(pending))
    for event in "${events[@]}"; do rm ".outbox/pending/$event"; done
    same "$(ls .outbox/dispatched | xargs)" "${events[*]:2}"
    restart -o dispatched=3
    same "$(ls .outbox/dispatched | xargs)" "${events[*]:2}"
}

@test "everything survives a kill" {
    begin -o attempts=1,lease=$lapse
    claim
    until_true 10 is_in dead "$EVENT"
    crash_and_clear
    start && cd "$MNT"
    claim
    rm ".outbox/claimed/me/$EVENT"
    claim
    find .outbox | sort >"$OUT/before"
    crash_and_clear
    start && cd "$MNT"
    find .outbox | sort >"$OUT/after"
    diff "$OUT/before" "$OUT/after"
    same "$(events_in pending) $(events_in claimed/me) $(events_in dispatched) $(events_in dead)" \
        "2 1 1 1"
}

@test "an event outlives its entity and its schema" {
    begin
    rm users/*.json
    rmdir users
    same "$(events_in pending)" 10
    json ".outbox/pending/$(first pending)" '.data == {"n": 1}'
}

@test ".stats.json counts them" {
    begin
    claim
    claim
    rm ".outbox/claimed/me/$EVENT"
    json .stats.json '.outbox.pending == 3 and .outbox.claimed == 1 and .outbox.dispatched == 1 and
        .outbox.dead == 0'
}

@test "two consumers race for 1000 events: each is claimed exactly once" {
    restart -o lease=600
    put .schema/users.json '{"x-outbox": true}'
    python '
import concurrent.futures
def create(i): write(f"users/u{i}.json", b"{\"i\": %d}" % i)
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    list(pool.map(create, range(1000)))
names = sorted(os.listdir(".outbox/pending"))
same(len(names), 1000)
def consume(worker):
    os.mkdir(f".outbox/claimed/{worker}")
    mine = []
    for name in names:
        try:
            os.rename(f".outbox/pending/{name}", f".outbox/claimed/{worker}/{name}")
            mine.append(name)
        except FileNotFoundError:
            pass
    return mine
with concurrent.futures.ProcessPoolExecutor(2) as pool:
    one, two = pool.map(consume, ["one", "two"])
same(sorted(one + two), names)
same(sorted(os.listdir(".outbox/claimed/one")), sorted(one))
same(sorted(os.listdir(".outbox/claimed/two")), sorted(two))
same(os.listdir(".outbox/pending"), [])
assert one and two, "there was no race"'
}
