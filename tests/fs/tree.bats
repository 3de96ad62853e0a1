# What is listed, what is a view, and which names there are.
load lib

@test "the root lists the collections, .schema and .outbox, and nothing else" {
    make_alice
    same "$(ls -A | xargs)" ".outbox .schema users"
    same "$(ls | xargs)" users
}

@test "a collection lists its entities and nothing else" {
    make_alice
    put_by_other users/bob.json '{"name": "Bob"}' 2>/dev/null || true
    put users/carol.json '{"name": "Carol", "email": "c@x.org"}'
    same "$(ls -A users | xargs)" "alice.json carol.json"
}

@test "find sees everything once, and no view" {
    make_alice
    mkdir .outbox/claimed/me
    event=$(pending)
    same "$(find . | sort)" "$(sort <<END
.
./.outbox
./.outbox/claimed
./.outbox/claimed/me
./.outbox/dead
./.outbox/dispatched
./.outbox/pending
./.outbox/pending/$event
./.schema
./.schema/users.json
./users
./users/alice.json
END
)"
}

@test "grep -r and tar see each document once" {
    make_alice
    same "$(grep -rl Alice users)" users/alice.json
    tar -cf "$OUT/all.tar" users
    mkdir "$OUT/untarred"
    tar -xf "$OUT/all.tar" -C "$OUT/untarred"
    same "$(find "$OUT/untarred" -type f | wc -l)" 1
    holds "$OUT/untarred/users/alice.json" "$ALICE"$'\n'
}

@test "views are reached by their names" {
    make_alice
    for view in users/alice.json@1 users/alice.meta users/alice.audit.jsonl .errors.jsonl .stats.json
    do
        [[ -f $view ]] || fail "$view is not a file"
    done
    for view in users/.errors users/.rejected; do
        [[ -d $view ]] || fail "$view is not a folder"
        same "$(ls -A $view)" ""
    done
}

@test "st_size of every file is the number of its bytes" {
    make_alice
    append users/alice.json '{"age": 4}'
    refused EEXIST put users/bob.json "$ALICE"
    for file in users/alice.json users/alice.json@1 users/alice.meta users/alice.audit.jsonl \
        users/.errors/bob.json users/.rejected/bob.json .schema/users.json .outbox/pending/*; do
        same "$(stat -c %s "$file")" "$(cat "$file" | wc -c)" "$file"
    done
}

@test "d_type and the link counts are as on any file system" {
    make_alice
    mkdir empty
    same "$(find . -maxdepth 1 -mindepth 1 -type d | wc -l)" 4
    same "$(find users -type f -printf '%n\n')" 1
    python '
kinds = {e.name: e.is_dir() for e in os.scandir(".")}
same(kinds, {".schema": True, ".outbox": True, "users": True, "empty": True})
same([e.inode() == os.stat(e.path).st_ino for e in os.scandir("users")], [True])'
}

@test "an id is any UTF-8 of at most 200 bytes" {
    make_open
    long=$(printf 'x%.0s' {1..200})
    for id in a@x.org 'with space' "it's" '"quoted"' 'ünï©ødé' '名前' '-dash' 'a.b.c' '~' '@' \
        'a@3' 'back\slash' '$HOME' '*' "$long"; do
        put "docs/$id.json" '{"a": 1}'
        holds "docs/$id.json" '{"a": 1}'$'\n'
        json "docs/$id.meta" '.id == $id' --arg id "$id"
        rm "docs/$id.json"
        is_absent "docs/$id.json"
    done
}

@test "an id of 200 bytes may end in a character of several" {
    make_open
    id=$(printf 'é%.0s' {1..100})
    put "docs/$id.json" '{"a": 1}'
    same "$(ls docs)" "$id.json"
    refused ENAMETOOLONG put "docs/x$id.json" '{"a": 1}'
}

@test "other ids are refused" {
    make_open
    refused ENAMETOOLONG put "docs/$(printf 'x%.0s' {1..201}).json" '{"a": 1}'
    for id in '#lock' $'a\nb' $'a\tb' $'\x7f' $'a\xff' $'\xc2\x80' $'\xed\xa0\x80' \
        x.meta x.audit.jsonl x.do x.get x.json@3; do
        if put "docs/$id.json" '{"a": 1}' 2>/dev/null; then
            fail "this id was accepted: $(printf %q "$id")"
        fi
    done
    same "$(ls -A docs)" ""
}

@test "a name that begins with a dot is an ordinary file's" {
    make_open
    for id in '' .hidden; do
        put "docs/$id.json" 'no JSON'
        is_absent "docs/$id.meta"
    done
}

@test "a collection's name is a word, and other folders are ordinary ones" {
    for name in a _ users Users_2 a-b "$(printf 'x%.0s' {1..64})"; do
        mkdir "$name"
        is_there ".schema/$name.json"
    done
    for name in 1a -a a.b 'a b' ü .x "$(printf 'x%.0s' {1..65})"; do
        mkdir -- "$name"
        is_absent ".schema/$name.json"
        rmdir -- "$name"
    done
    for name in 1a -a a.b 'a b' ü "$(printf 'x%.0s' {1..65})"; do
        if put ".schema/$name.json" '{}' 2>/dev/null; then fail "this schema was accepted: $name"; fi
    done
    same "$(ls -A | wc -l)" 8
}

@test "what is not there is not there" {
    make_alice
    for name in users/nobody.json users/nobody.meta users/nobody.audit.jsonl users/alice.json@2 \
        users/alice.json@0 users/alice.json@ users/alice.json@x users/.errors/alice.json \
        users/.nothing nothing .nothing users/alice users/alice.json@99999999999999999999; do
        refused ENOENT cat "$name"
    done
}

@test "the folders of the mount stay" {
    for folder in .schema .outbox .outbox/pending .outbox/claimed .outbox/dispatched .outbox/dead; do
        if rmdir "$folder" 2>/dev/null; then fail "$folder could be removed"; fi
        [[ -d $folder ]]
    done
}

@test "a listing of many entities while others come and go has each that stays once" {
    make_open
    python '
for i in range(600):
    write(f"docs/stay{i}.json", b"{}")
listing = os.scandir("docs")
seen = [next(listing).name for _ in range(100)]
for i in range(0, 200):
    write(f"docs/new{i}.json", b"{}")
    if i % 2:
        os.unlink(f"docs/new{i}.json")
seen += [e.name for e in listing]
stay = [n for n in seen if n.startswith("stay")]
same(len(stay), 600)
same(len(set(seen)), len(seen))'
}

@test ".stats.json has the figures" {
    make_alice
    append users/alice.json '{"age": 4}'
    refused EEXIST put users/bob.json "$ALICE"
    json .stats.json '.commits >= 3 and .syncs >= 1 and (.refusals.unique_conflict == 1)'
    json .stats.json '.outbox.pending == 2'
    json .stats.json '.open_handles >= 0 and (.version | length > 0)'
}

@test "statfs answers" {
    make_open
    run stat -f -c '%l %b %a' .
    same "$status" 0
    read -r name_length blocks available <<<"$output"
    ((name_length >= 205 && blocks > 0 && available > 0))
}
