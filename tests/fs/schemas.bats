# Collections and their definitions.
load lib

@test "writing a schema makes the collection, cp, cat, tee and echo alike" {
    put "$OUT/s.json" "$USERS_SCHEMA"
    cp "$OUT/s.json" .schema/a.json
    cat "$OUT/s.json" >.schema/b.json
    tee .schema/c.json <"$OUT/s.json" >/dev/null
    echo '{}' >.schema/d.json
    same "$(ls | xargs)" "a b c d"
    cmp "$OUT/s.json" .schema/a.json
}

@test "a schema is versioned and audited like any entity" {
    make_users
    has_version .schema/users.json 1
    append .schema/users.json '{"title": "People"}'
    has_version .schema/users.json 2
    holds .schema/users.json@1 "$USERS_SCHEMA"$'\n'
    same "$(jq -r .op .schema/users.audit.jsonl | xargs)" "create update"
    json .schema/users.meta '.version == 2 and .id == "users"'
    refused ESTALE put .schema/users.json@1 '{}'
    json .schema/users.json '.title == "People"'
}

@test "documents are validated from then on" {
    make_users
    put users/a.json '{"name": "A", "email": "a@x.org", "age": 3, "tags": ["x"]}'
    while IFS='|' read -r document pointer keyword; do
        refused EBADMSG put users/b.json "$document"
        json users/.errors/b.json \
            '.errors | any(.pointer == $pointer and .keyword == $keyword)' \
            --arg pointer "$pointer" --arg keyword "$keyword"
    done <<'END'
{"name": "B"}||required
{"name": 1, "email": "b@x.org"}|/name|type
{"name": "", "email": "b@x.org"}|/name|minLength
{"name": "B", "email": "b@x.org", "age": -1}|/age|minimum
{"name": "B", "email": "b@x.org", "age": 1.5}|/age|type
{"name": "B", "email": "b@x.org", "tags": ["x", 2]}|/tags/1|type
{"name": "B", "email": "b@x.org", "nick": 1}|/nick|additionalProperties
END
    same "$(ls users)" a.json
}

@test "the keywords of values" {
    put .schema/t.json '{"properties": {
        "enum": {"enum": ["a", 1, null]}, "const": {"const": {"x": [1]}},
        "max": {"maximum": 10, "exclusiveMinimum": 0}, "multiple": {"multipleOf": 0.01},
        "list": {"minItems": 1, "maxItems": 2, "uniqueItems": true, "contains": {"type": "integer"}},
        "text": {"maxLength": 3}, "either": {"oneOf": [{"type": "string"}, {"minimum": 5}]},
        "ref": {"$ref": "#/$defs/positive"}, "not": {"not": {"type": "null"}},
        "if": {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "integer"}}},
        "$defs": {"positive": {"exclusiveMinimum": 0}}}'
    for good in '{"enum": 1.0}' '{"const": {"x": [1]}}' '{"max": 10}' '{"multiple": 19.99}' \
        '{"list": [1, "a"]}' '{"text": "äöü"}' '{"either": 7}' '{"ref": 1}' '{"if": "ab"}' \
        '{"if": 3}'; do
        put t/a.json "$good"
    done
    for bad in '{"enum": "b"}' '{"const": {"x": [2]}}' '{"max": 11}' '{"max": 0}' \
        '{"multiple": 19.999}' '{"list": []}' '{"list": [1, 1.0]}' '{"list": ["a"]}' \
        '{"text": "abcd"}' '{"either": 1}' '{"ref": 0}' '{"not": null}' '{"if": "a"}' \
        '{"if": null}'; do
        refused EBADMSG put t/b.json "$bad"
    done
}

@test "a missing required member with a default gets it, at the end" {
    put .schema/docs.json '{"properties": {"a": {}, "state": {"type": "string", "default": "new"},
        "free": {"default": 1}}, "required": ["a", "state"]}'
    put docs/x.json '{"a": 1.10}'
    holds docs/x.json '{
  "a": 1.10,
  "state": "new"
}
'
    put docs/y.json '{"a": 1, "state": "old"}'
    holds docs/y.json '{"a": 1, "state": "old"}'$'\n'
    refused EBADMSG put docs/z.json '{"state": "old"}'
}

@test "a readOnly member may be given once and never changed" {
    put .schema/docs.json '{"properties": {"id": {"readOnly": true}}}'
    put docs/a.json '{"id": 1, "n": 1}'
    put docs/a.json '{"id": 1, "n": 2}'
    refused EBADMSG put docs/a.json '{"id": 2, "n": 2}'
    json docs/.errors/a.json '.errors[0].pointer == "/id" and .errors[0].keyword == "readOnly"'
    refused EBADMSG put docs/a.json '{"n": 2}'
    refused EBADMSG append docs/a.json '{"id": null}'
    append docs/a.json '{"n": 3}'
    json docs/a.json '. == {"id": 1, "n": 3}'
}

@test "x-unique over several members" {
    put .schema/docs.json '{"x-unique": [["team", "slug"]]}'
    put docs/a.json '{"team": "red", "slug": "x"}'
    put docs/b.json '{"team": "red", "slug": "y"}'
    put docs/c.json '{"team": "blue", "slug": "x"}'
    refused EEXIST put docs/d.json '{"team": "red", "slug": "x"}'
    has "$(jq -r .detail docs/.errors/d.json)" team slug
    put docs/d.json '{"team": "red"}'
    put docs/e.json '{"team": "red"}'
}

@test "x-unique compares values, not their spelling, and all of long ones" {
    put .schema/docs.json '{"properties": {"v": {"x-unique": true}}}'
    put docs/a.json '{"v": "\u00e9"}'
    refused EEXIST put docs/b.json '{"v": "é"}'
    put docs/b.json '{"v": 1}'
    refused EEXIST put docs/c.json '{"v": 1.0}'
    put docs/c.json '{"v": "1"}'
    long=$(printf 'x%.0s' {1..3000})
    put docs/d.json "{\"v\": \"${long}a\"}"
    put docs/e.json "{\"v\": \"${long}b\"}"
    refused EEXIST put docs/f.json "{\"v\": \"${long}a\"}"
    put docs/f.json '{}'
    put docs/g.json '{}'
}

@test "x-unique lets an entity keep its value, hand it on and swap it" {
    put .schema/docs.json '{"properties": {"v": {"x-unique": true}}}'
    put docs/a.json '{"v": 1}'
    put docs/a.json '{"v": 1, "n": 2}'
    put docs/a.json '{"v": 2}'
    put docs/b.json '{"v": 1}'
    refused EEXIST put docs/a.json '{"v": 1}'
    mv -f docs/b.json docs/a.json
    put docs/b.json '{"v": 2}'
}

# --- altering

@test "a schema that the entities satisfy replaces the old one" {
    make_alice
    put .schema/users.json '{"required": ["name"]}'
    put users/b.json '{"name": 7, "more": 1}'
    restart
    put users/c.json '{"name": 8, "more": 1}'
    refused EBADMSG put users/d.json '{}'
}

@test "a schema that entities do not satisfy is refused, and says how many and which" {
    make_open
    for n in 1 2 3; do put "docs/d$n.json" "{\"n\": $n}"; done
    refused EBADMSG put .schema/docs.json '{"properties": {"n": {"maximum": 1}}}'
    json .schema/.errors/docs.json '.code == "validation"'
    has "$(jq -r '.detail, .errors[].message' .schema/.errors/docs.json)" "2" d2 d3
    json .schema/docs.json '. == {}'
    put docs/d4.json '{"n": 4}'
}

@test "a new x-unique that two entities violate is refused" {
    make_open
    put docs/a.json '{"v": 1}'
    put docs/b.json '{"v": 1}'
    refused EBADMSG put .schema/docs.json '{"properties": {"v": {"x-unique": true}}}'
    has "$(cat .schema/.errors/docs.json)" a b
    put docs/b.json '{"v": 2}'
    put .schema/docs.json '{"properties": {"v": {"x-unique": true}}}'
    refused EEXIST put docs/c.json '{"v": 2}'
    put .schema/docs.json '{}'
    put docs/c.json '{"v": 2}'
}

@test "a new required member with a default is given to the existing entities" {
    make_alice
    put .schema/users.json "$(jq '.properties.active = {"type": "boolean", "default": true} |
        .required += ["active"]' <<<"$USERS_SCHEMA")"
    json users/alice.json '.active == true'
    has_version users/alice.json 2
    same "$(records users/alice.json)" 2
}

# --- what is no schema

@test "a schema that is none is refused with the place" {
    refused EBADMSG put .schema/a.json '{"type": "thing"}'
    json .schema/.errors/a.json '.errors[0].pointer == "/type" and .errors[0].keyword == "type"'
    refused EBADMSG put .schema/a.json '{"properties": {"x": {"minimum": "3"}}}'
    json .schema/.errors/a.json '.errors[0].pointer == "/properties/x/minimum"'
    refused EBADMSG put .schema/a.json '{"required": "a"}'
    refused EBADMSG put .schema/a.json '{"$ref": "#/$defs/none"}'
    refused EBADMSG put .schema/a.json 'true'
    put "$OUT/half" '{"type": '
    refused EBADMSG cp "$OUT/half" .schema/a.json
    same "$(ls -A .schema)" ""
    same "$(ls)" ""
}

@test "an unknown keyword is refused by name, and where it is" {
    for keyword in x-nonsense frobnicate requierd x-Unique Type; do
        refused EBADMSG put .schema/a.json "{\"properties\": {\"p\": {\"$keyword\": true}}}"
        has "$(jq -r .detail .schema/.errors/a.json)" "$keyword"
        json .schema/.errors/a.json '.errors[0].pointer == "/properties/p/\($k)"' --arg k "$keyword"
    done
    is_absent a
}

@test "a keyword that is not implemented yet is refused by name" {
    for member in '"x-commands": {}' '"x-queries": {}' '"x-migrate": []' '"x-index": true' \
        '"x-invariants": {}' '"x-retain": 3' '"x-id": "^a"'; do
        refused EBADMSG put .schema/a.json "{$member}"
        name=${member#\"} && name=${name%%\"*}
        has "$(jq -r .detail .schema/.errors/a.json)" "$name" implement
    done
    refused EBADMSG put .schema/a.json '{"properties": {"p": {"x-ref": "users"}}}'
    has "$(jq -r .detail .schema/.errors/a.json)" x-ref
    is_absent a
}

@test "nothing is accepted and ignored: a member of properties is no keyword" {
    put .schema/a.json '{"properties": {"frobnicate": {"type": "integer"}, "x-ref": {}}}'
    refused EBADMSG put a/x.json '{"frobnicate": "no"}'
}

@test "x-outbox says which changes become events" {
    put .schema/a.json '{"x-outbox": ["create", "delete"]}'
    put a/x.json '{"n": 1}'
    put a/x.json '{"n": 2}'
    rm a/x.json
    same "$(pending | sed 's/^[0-9]*-//' | xargs)" "a.created.json a.deleted.json"
    put .schema/b.json '{"x-outbox": false}'
    put b/x.json '{"n": 1}'
    same "$(pending | wc -l)" 2
    refused EBADMSG put .schema/c.json '{"x-outbox": ["explode"]}'
}

# --- -o schema=DIR

with_folder() {
    FOLDER=$BATS_TEST_TMPDIR/schemas
    mkdir -p "$FOLDER"
    put "$FOLDER/users.json" "$USERS_SCHEMA"
    restart -o "schema=$FOLDER"
}

# within_400_ms COMMAND...: it comes true in that time.
within_400_ms() {
    local began=${EPOCHREALTIME/./} took
    until "$@" 2>/dev/null; do
        took=$((${EPOCHREALTIME/./} - began))
        ((took < 400000 * ${SLOWNESS:-1})) || fail "not within 400 ms: $*" || return
    done
}

@test "-o schema=DIR loads a folder of schemas" {
    with_folder
    holds .schema/users.json "$USERS_SCHEMA"$'\n'
    put users/alice.json "$ALICE"
    restart -o "schema=$FOLDER"
    has_version .schema/users.json 1
}

@test "-o schema=DIR applies a change within 400 ms, without a restart" {
    with_folder
    nick='{"name": "N", "email": "n@x.org", "nickname": "nick"}'
    refused EBADMSG put users/n.json "$nick"
    jq '.properties.nickname = {"type": "string"}' <<<"$USERS_SCHEMA" >"$FOLDER/users.json"
    within_400_ms put users/n.json "$nick"
    has_version .schema/users.json 2
}

@test "-o schema=DIR takes files that are moved there, and new ones" {
    with_folder
    put "$FOLDER/new.tmp" '{"required": ["a"]}'
    mv "$FOLDER/new.tmp" "$FOLDER/orders.json"
    within_400_ms test -d orders
    refused EBADMSG put orders/x.json '{}'
    put "$FOLDER/more.json" '{}'
    within_400_ms test -d more
    is_absent .schema/new.json
}

@test "a broken file leaves the old schema in force, and says so" {
    with_folder
    put "$FOLDER/users.json" '{"type": '
    within_400_ms grep -q '"instance":"\.schema/users.json"' .errors.jsonl
    json .schema/.errors/users.json '.code == "validation"'
    holds .schema/users.json "$USERS_SCHEMA"$'\n'
    refused EBADMSG put users/x.json '{}'
    put users/alice.json "$ALICE"
    put "$FOLDER/users.json" '{"frobnicate": 1}'
    within_400_ms grep -q frobnicate .errors.jsonl
    put "$FOLDER/users.json" '{}'
    within_400_ms put users/x.json '{}'
}

@test "a broken file at the start is told, and the rest is loaded" {
    with_folder
    put "$FOLDER/broken.json" '{"type": "thing"}'
    put "$FOLDER/fine.json" '{}'
    restart -o "schema=$FOLDER"
    is_there fine
    is_absent broken
    grep -q broken.json .errors.jsonl
}

@test "a schema in the folder that existing entities do not satisfy is refused" {
    with_folder
    put users/alice.json "$ALICE"
    put "$FOLDER/users.json" '{"required": ["phone"]}'
    within_400_ms grep -q phone .errors.jsonl
    holds .schema/users.json "$USERS_SCHEMA"$'\n'
}

@test "-o schema of what is no folder is an error that names it" {
    stop
    fails 2 "$PERSISTFS" "$STORE" "$MNT" -o "schema=$OUT/missing"
    has "$said" "$OUT/missing"
    put "$OUT/file" x
    fails 2 "$PERSISTFS" "$STORE" "$MNT" -o "schema=$OUT/file"
    has "$said" "$OUT/file"
}
