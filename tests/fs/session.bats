# The session that the README promises, line for line.
load lib

follow_the_session() {
    cp "$OUT/users.schema.json" .schema/users.json
    echo '{"name": "Alice", "email": "alice@example.org"}' >users/alice.json
    holds users/alice.json '{"name": "Alice", "email": "alice@example.org"}'$'\n'

    echo '{"age": 31}' >>users/alice.json
    same "$(getfattr --only-values -n user.persistfs.version users/alice.json)" 2
    json users/alice.json '. == {"name": "Alice", "email": "alice@example.org", "age": 31}'
    json users/alice.meta '.id == "alice" and .version == 2 and .collection == "users"'

    run bash -c "echo '{\"email\": \"alice@example.org\", \"name\": \"Bob\"}' > users/bob.json"
    same "$status" 1
    has "$output" "echo: write error: File exists"
    is_absent users/bob.json
    json users/.errors/bob.json '.code == "unique_conflict" and .errno == "EEXIST"'
    json users/.errors/bob.json '.errors[0].pointer == "/email"'
    has "$(jq -r .detail users/.errors/bob.json)" email alice@example.org alice
    holds users/.rejected/bob.json '{"email": "alice@example.org", "name": "Bob"}'$'\n'

    run bash -c "echo '{\"name\": \"A.\", \"email\": \"a@b.org\"}' > users/alice.json@1"
    same "$status" 1
    has "$output" "Stale file handle"
    holds users/alice.json@1 '{"name": "Alice", "email": "alice@example.org"}'$'\n'
    has_version users/alice.json 2

    same "$(wc -l <users/alice.audit.jsonl)" 2
    same "$(jq -r .op users/alice.audit.jsonl | xargs)" "create update"
    same "$(sed -n 2p users/alice.audit.jsonl | jq -r .prev)" \
        "$(sed -n 1p users/alice.audit.jsonl | jq -r .hash)"

    same "$(ls .outbox/pending | sed 's/^[0-9]\{20\}-//' | xargs)" \
        "users.created.json users.updated.json"
    mkdir .outbox/claimed/me
    mv .outbox/pending/*created* .outbox/claimed/me/
    same "$(ls .outbox/pending | wc -l)" 1
    same "$(ls .outbox/claimed/me | sed 's/^[0-9]\{20\}-//')" users.created.json
}

# What there is, but for the outbox's claims.
everything() {
    find . -type f | sort | while read -r file; do
        echo "$file $(sha256sum <"$file")"
    done
    cat users/alice.json@1 users/alice.json@2 users/alice.meta users/alice.audit.jsonl
}

@test "the session, from the schema to the claimed event" {
    put "$OUT/users.schema.json" "$USERS_SCHEMA"
    follow_the_session
}

@test "kill -9, mount again: all of it is there" {
    put "$OUT/users.schema.json" "$USERS_SCHEMA"
    follow_the_session
    everything >"$OUT/before"
    crash_and_clear
    start && cd "$MNT"
    everything >"$OUT/after"
    diff "$OUT/before" "$OUT/after"
    # and it goes on
    echo '{"age": 32}' >>users/alice.json
    has_version users/alice.json 3
    same "$(wc -l <users/alice.audit.jsonl)" 3
}

@test "unmount, mount again: all of it is there" {
    put "$OUT/users.schema.json" "$USERS_SCHEMA"
    follow_the_session
    everything >"$OUT/before"
    restart
    everything >"$OUT/after"
    diff "$OUT/before" "$OUT/after"
}

@test "a copy of the store, made while unmounted, is a backup" {
    put "$OUT/users.schema.json" "$USERS_SCHEMA"
    follow_the_session
    everything >"$OUT/before"
    stop
    cp -a "$STORE" "$BATS_TEST_TMPDIR/copy"
    mkdir "$BATS_TEST_TMPDIR/mnt2"
    mount_at "$BATS_TEST_TMPDIR/copy" "$BATS_TEST_TMPDIR/mnt2"
    cd "$BATS_TEST_TMPDIR/mnt2"
    everything >"$OUT/after"
    diff "$OUT/before" "$OUT/after"
}
