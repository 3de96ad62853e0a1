# What happened: the records, their chain, and the check of it all.
load lib

# chained FILE: each record's hash is that of its line without it, and its prev the hash before.
chained() {
    local line hash before
    before=$(printf '0%.0s' {1..64})
    while IFS= read -r line; do
        hash=$(jq -r .hash <<<"$line")
        same "$(printf '%s' "${line/,\"hash\":\"$hash\"/}" | sha256sum | cut -d ' ' -f 1)" "$hash" \
            "the hash of $line"
        same "$(jq -r .prev <<<"$line")" "$before" "the prev of $line"
        before=$hash
    done <"$1"
}

@test "a record says what was done, by whom, to what" {
    make_alice
    dash -c 'echo "{\"age\": 5}" >>users/alice.json'
    same "$(records users/alice.json)" 2
    sed -n 2p users/alice.audit.jsonl >"$OUT/record"
    json "$OUT/record" '.op == "update" and .collection == "users" and .id == "alice" and
        .version == 2 and .patch == [{"op": "add", "path": "/age", "value": 5}]'
    json "$OUT/record" '.actor == {"uid": $uid, "gid": $gid, "pid": .actor.pid, "comm": "dash"}' \
        --argjson uid "$(id -u)" --argjson gid "$(id -g)"
    json "$OUT/record" '(.seq | . > 1) and .actor.pid > 1 and (.hash | test("^[0-9a-f]{64}$")) and
        (.at | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]+Z$"))'
}

@test "the operations and their patches" {
    make_open
    pad=$(printf 'x%.0s' {1..100}) # so that the patch is shorter than the document
    put docs/a.json '{"a": {"b": [1, 2]}, "c": 1, "pad": "'"$pad"'"}'
    put docs/a.json '{"a": {"b": [1, 3]}, "pad": "'"$pad"'", "d": 2}'
    mv docs/a.json docs/b.json
    rm docs/b.json
    same "$(jq -r '"\(.op) \(.version)"' docs/b.audit.jsonl | xargs)" \
        "create 1 update 2 rename 3 delete 4"
    jq -c .patch docs/b.audit.jsonl >"$OUT/patches"
    same "$(sed -n 1p "$OUT/patches")" \
        '[{"op":"add","path":"","value":{"a":{"b":[1,2]},"c":1,"pad":"'"$pad"'"}}]'
    same "$(sed -n 3p "$OUT/patches")" '[]'
    same "$(sed -n 4p "$OUT/patches")" '[{"op":"remove","path":""}]'
    same "$(sed -n 2p "$OUT/patches" | jq -c 'sort_by(.path)')" \
        '[{"op":"replace","path":"/a/b/1","value":3},{"op":"remove","path":"/c"},{"op":"add","path":"/d","value":2}]'
}

@test "the patches, applied one after the other, give every version" {
    make_open
    python '
import random
random.seed(7)
def value(depth):
    kind = random.randrange(7 if depth else 4)
    if kind < 4: return [random.randrange(9), "s/~%d" % random.randrange(4), None, True][kind]
    if kind == 4: return [value(depth - 1) for _ in range(random.randrange(4))]
    return {k: value(depth - 1) for k in random.sample(["a", "b/c", "~", "", "é"], random.randrange(5))}
def target(document, path):
    parts = [p.replace("~1", "/").replace("~0", "~") for p in path.split("/")[1:]]
    for part in parts[:-1]:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document, parts[-1]
def apply(document, patch):
    for step in patch:
        if step["path"] == "":
            document = step.get("value")
            continue
        parent, last = target(document, step["path"])
        is_list = isinstance(parent, list)
        if step["op"] == "remove": del parent[int(last) if is_list else last]
        elif step["op"] == "replace": parent[int(last) if is_list else last] = step["value"]
        elif step["op"] == "add" and is_list: parent.insert(len(parent) if last == "-" else int(last), step["value"])
        elif step["op"] == "add": parent[last] = step["value"]
        else: raise AssertionError(step)
    return document
for i in range(40):
    document = {"r": value(3), "s": value(2), "i": i}
    write("docs/a.json", json.dumps(document).encode())
document, n = None, 0
for line in read("docs/a.audit.jsonl").splitlines():
    record = json.loads(line)
    document = apply(document, record["patch"])
    n += 1
    same(record["version"], n)
    same(document, json.loads(read(f"docs/a.json@{n}")))
same(n, 40)'
    chained docs/a.audit.jsonl
}

@test "the chain can be recomputed with sha256sum" {
    make_alice
    append users/alice.json '{"age": 1, "tags": ["\"", "hash", "\\"]}'
    mv users/alice.json users/alicia.json
    chmod 600 users/alicia.json
    append users/alicia.json '{"name": ",\"hash\":\""}'
    chained users/alicia.audit.jsonl
    chained .schema/users.audit.jsonl
    rm users/alicia.json
    chained users/alicia.audit.jsonl
    same "$(wc -l <users/alicia.audit.jsonl)" 5
}

@test "the records survive the entity, and stand in front of those of its successor" {
    make_alice
    rm users/alice.json
    same "$(jq -r .op users/alice.audit.jsonl | xargs)" "create delete"
    cp users/alice.audit.jsonl "$OUT/old"
    put users/alice.json "$ALICE"
    append users/alice.json '{"age": 1}'
    same "$(jq -r .op users/alice.audit.jsonl | xargs)" "create delete create update"
    head -c "$(wc -c <"$OUT/old")" users/alice.audit.jsonl | cmp - "$OUT/old"
    chained users/alice.audit.jsonl
    rm users/alice.json
    put users/alice.json "$ALICE"
    same "$(jq -r .version users/alice.audit.jsonl | xargs)" "1 2 1 2 3 1"
    chained users/alice.audit.jsonl
}

@test "sequence numbers grow by one a commit, over all entities" {
    make_alice
    put users/b.json '{"name": "B", "email": "b@x.org"}'
    append users/alice.json '{"age": 1}'
    rm users/b.json
    same "$(cat .schema/users.audit.jsonl users/alice.audit.jsonl users/b.audit.jsonl |
        jq .seq | sort -n | xargs)" "1 2 3 4 5"
}

@test "st_size is what wc -c counts, at every length" {
    make_open
    for n in 1 2 3 4 5 6 7 8; do
        put docs/a.json "{\"n\": $n, \"t\": \"$(printf "x%.0s" $(seq $((n * 300))))\"}"
        same "$(stat -c %s docs/a.audit.jsonl)" "$(cat docs/a.audit.jsonl | wc -c)"
    done
    # any part of it can be read
    cp docs/a.audit.jsonl "$OUT/whole"
    for offset in 0 1 500 1000 4095 4096 5000; do
        cmp <(tail -c +$((offset + 1)) "$OUT/whole") \
            <(dd if=docs/a.audit.jsonl bs=1 skip=$offset status=none)
    done
    same "$(grep -c '"op":"update"' docs/a.audit.jsonl)" 7
    same "$(tail -n 1 docs/a.audit.jsonl | jq .version)" 8
}

@test "tail -f gives the records as they come" {
    make_open
    put docs/a.json '{"n": 1}'
    mkfifo "$OUT/lines"
    tail -n +1 -f docs/a.audit.jsonl >"$OUT/lines" 2>/dev/null 3>&- &
    tail=$!
    exec 7<"$OUT/lines"
    read -r -t 10 -u 7 line
    same "$(jq .version <<<"$line")" 1
    for n in 2 3 4; do
        put docs/a.json "{\"n\": $n}"
        read -r -t 10 -u 7 line
        same "$(jq .version <<<"$line")" "$n"
    done
    kill "$tail"
    wait "$tail" || true
    exec 7<&-
}

@test "reads, refusals and no-ops leave no record" {
    make_alice
    cat users/alice.json users/alice.meta users/alice.audit.jsonl >"$OUT/x"
    refused EEXIST put users/bob.json "$ALICE"
    refused EBADMSG append users/alice.json '{"age": "x"}'
    put users/alice.json "$ALICE"
    touch users/alice.json
    same "$(records users/alice.json)" 1
    refused ENOENT cat users/bob.audit.jsonl
}

@test "numbers in a patch are spelled as the user spelled them" {
    make_open
    put docs/a.json '{"p": 19.99}'
    put docs/a.json '{"p": 0.10}'
    has "$(sed -n 1p docs/a.audit.jsonl)" '"value":{"p":19.99}'
    has "$(sed -n 2p docs/a.audit.jsonl)" '"value":0.10}'
}

@test "the sidecar cannot be changed" {
    make_alice
    refused EROFS rm users/alice.audit.jsonl
    refused EROFS put users/alice.audit.jsonl x
    refused EROFS truncate -s 0 users/alice.audit.jsonl
    refused EROFS mv users/alice.audit.jsonl users/x.audit.jsonl
    same "$(records users/alice.json)" 1
}

# --- check

damaged_copy() {
    COPY=$BATS_TEST_TMPDIR/copy
    rm -rf "$COPY"
    cp -a "$STORE" "$COPY"
}

# replace FROM TO: in the file of the copy, wherever it is; of the same length.
replace() {
    python3 - "$COPY/data.mdb" "$1" "$2" <<'END'
import sys
path, old, new = sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode()
data = open(path, "rb").read()
assert len(old) == len(new) and old in data, f"{old} is not in the store"
open(path, "wb").write(data.replace(old, new))
END
}

fill() {
    make_users
    for id in alice bob carol; do
        put users/$id.json "{\"name\": \"the-$id-of-old\", \"email\": \"$id@x.org\"}"
        append users/$id.json '{"age": 12345}'
    done
    rm users/carol.json
    mkdir .outbox/claimed/me
    mv .outbox/pending/$(pending | head -n 1) .outbox/claimed/me/
}

@test "check says that all is well, and counts" {
    fill
    run "$PERSISTFS" check "$STORE" # while it is mounted
    same "$status" 0
    has "$output" "$STORE: ok, 8 commits"
    stop
    before=$(sha256sum "$STORE"/data.mdb)
    run "$PERSISTFS" check "$STORE"
    same "$status" 0
    has "$output" "$STORE: ok, 8 commits"
    same "$(sha256sum "$STORE"/data.mdb)" "$before" "check changed the store"
}

@test "check names a document that was altered" {
    fill
    stop
    damaged_copy
    replace the-bob-of-old the-bob-of-new
    fails 1 "$PERSISTFS" check "$COPY"
    has "$said" bob
}

@test "check names a record that was altered" {
    fill
    stop
    damaged_copy
    replace '"op":"delete"' '"op":"update"'
    fails 1 "$PERSISTFS" check "$COPY"
    has "$said" carol
}

@test "an altered row is not served either" {
    fill
    stop
    damaged_copy
    replace the-bob-of-old the-bob-of-new
    mkdir "$BATS_TEST_TMPDIR/mnt2"
    mount_at "$COPY" "$BATS_TEST_TMPDIR/mnt2"
    forget_store "$COPY"
    for file in bob.json bob.json@1; do
        if text=$(cat "$BATS_TEST_TMPDIR/mnt2/users/$file" 2>"$OUT/said"); then
            has "$text" the-bob-of-old
            lacks "$text" the-bob-of-new
        else
            has "$(cat "$OUT/said")" "Input/output error"
        fi
    done
    json "$BATS_TEST_TMPDIR/mnt2/users/alice.json" '.age == 12345'
}

@test "check finds any byte that was altered in what is stored" {
    fill
    stop
    # Twenty texts, each altered alone.
    for text in 'the-alice-of-old' 'alice@x.org' 'bob@x.org' 'users.created' '"title": "A user"' \
        '"x-outbox": true' '"age":12345' persistfs; do
        damaged_copy
        grep -qaF -e "$text" "$COPY/data.mdb" || continue
        last=${text: -1}
        replace "$text" "${text%?}$(tr 'a-y0-8' 'b-z1-9' <<<"$last" | tr '}" \n' '{x_' | head -c 1)"
        if said=$("$PERSISTFS" check "$COPY" 2>&1); then fail "altered unseen: $text" "$said"; fi
        [[ -n $said ]] || fail "check failed without a word: $text"
    done
}

@test "check names a file that was cut, and one that is no store" {
    fill
    stop
    damaged_copy
    truncate -s 8192 "$COPY/data.mdb"
    fails 1 "$PERSISTFS" check "$COPY"
    has "$said" data.mdb
    rm "$COPY/data.mdb"
    fails 1 "$PERSISTFS" check "$COPY"
    fails 1 "$PERSISTFS" check "$OUT"
    has "$said" "$OUT" store
    fails 1 "$PERSISTFS" check "$OUT/missing"
    has "$said" "$OUT/missing"
    is_absent "$OUT/missing"
}
