# `persistfs schema diff`: what is said of two versions of a schema, and the exit status.
load lib

setup() {
    prepare
    cd "$OUT"
    put old.json '{"properties": {"age": {"type": "integer", "minimum": 0}, "nick": {}},
        "required": ["age"], "additionalProperties": false}'
}

# gives STATUS COMMAND...: it ends with that status; standard output is in $out, the rest in $err.
gives() {
    local status=0
    out=$("${@:2}" 2>"$LOGS/err" 3>&-) || status=$?
    err=$(cat "$LOGS/err")
    same "$status" "$1" "the exit status of: ${*:2}: $out $err"
}

differ() { "$PERSISTFS" schema diff "$@"; }

@test "--help and misuse" {
    gives 0 differ --help
    has "$out" "schema diff [--json] OLD NEW" "breaking" "exit codes"
    for words in "" old.json "old.json old.json old.json" "--wrong old.json old.json" "- -"; do
        gives 2 differ $words
        same "$out" "" "$words"
        has "$err" "persistfs: schema diff:" "usage: persistfs schema diff"
    done
}

@test "no difference: nothing is said, and 0" {
    gives 0 differ old.json old.json
    same "$out$err" ""
}

@test "what cannot break: 0" {
    put new.json '{"properties": {"age": {"type": "integer", "minimum": -5}, "nick": {},
        "mail": {"type": "string"}, "role": {"default": "user"}},
        "required": ["age", "role"], "additionalProperties": false}'
    gives 0 differ old.json new.json
    same "$out" "compatible /properties/age/minimum: lowered from 0 to -5: what the old schema allowed still fits
compatible /properties/mail: added: no entity has this member yet
compatible /properties/role: added: no entity has this member yet
compatible /required/1: \"role\" is required now: entities without it get its default, \"user\""
}

@test "what could break: 1, and where, and why" {
    put new.json '{"properties": {"age": {"type": "integer", "minimum": 18}},
        "required": ["age"], "additionalProperties": false}'
    gives 1 differ old.json new.json
    has "$out" "breaking /properties/age/minimum: raised from 0 to 18: entities with a smaller value become invalid" \
        "breaking /properties/nick: removed: entities that have this member become invalid"
    same "$(wc -l <<<"$out")" 2
}

@test "what cannot be compared: 1" {
    put a.json '{"properties": {"v": {"pattern": "^a"}}}'
    put b.json '{"properties": {"v": {"pattern": "^[a]"}}}'
    gives 1 differ a.json b.json
    has "$out" "unknown /properties/v/pattern: changed"
}

@test "--json" {
    put new.json '{"properties": {"age": {"type": "integer", "minimum": 18}, "nick": {}},
        "title": "a \"b\"", "required": ["age"], "additionalProperties": false}'
    gives 1 differ --json old.json new.json
    same "$(jq -r '.[] | "\(.class) \(.pointer)"' <<<"$out")" \
        "breaking /properties/age/minimum
compatible /title"
    gives 0 differ --json old.json old.json
    same "$(jq -c . <<<"$out")" "[]"
}

@test "standard input, true and false, and a reference to a file beside" {
    gives 0 bash -c '"$0" schema diff - old.json <old.json' "$PERSISTFS"
    put true true
    put false false
    gives 0 differ false true
    gives 1 differ true false
    has "$out" 'breaking "": '
    put date.json '{"type": "string"}'
    put a.json '{"properties": {"born": {"$ref": "date"}}}'
    put b.json '{"properties": {"born": {"$ref": "date"}}, "title": "B"}'
    gives 0 differ a.json b.json
    same "$out" "compatible /title: added: it has no effect on entities"
}

@test "what is no schema, or cannot be read: 2, with the file's name" {
    put bad.json '{"properties": {"a": {"type": "strin"}}}'
    gives 2 differ old.json bad.json
    same "$out" ""
    has "$err" "bad.json: /properties/a/type: "
    gives 2 differ nowhere.json bad.json
    has "$err" "nowhere.json: " "bad.json: "
}

@test "names and values that look like lines" {
    put a.json '{}'
    put b.json '{"properties": {"a\nb": {"type": "null"}}}'
    gives 1 differ a.json b.json
    same "$(wc -l <<<"$out")" 1
}

@test "the store says the same when the schema is altered" {
    start
    cp old.json "$MNT/.schema/users.json"
    put "$MNT/users/a.json" '{"age": 3, "nick": "x"}'
    put new.json '{"properties": {"age": {"type": "integer"}, "nick": {}, "role": {"default": "user"}},
        "required": ["age", "role"], "additionalProperties": false}'
    gives 0 differ old.json new.json
    cp new.json "$MNT/.schema/users.json"
    same "$(jq -r .role "$MNT/users/a.json")" user
    put next.json '{"properties": {"age": {"type": "integer"}, "role": {}},
        "required": ["age", "role"], "additionalProperties": false}'
    gives 1 differ new.json next.json
    fails 1 cp next.json "$MNT/.schema/users.json"
}
