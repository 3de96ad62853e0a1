# -o schema=DIR: schemas that are kept in a folder.
load lib

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
    put "$FOLDER/users.json" '{"x-frobnicate": 1}'
    within_400_ms grep -q x-frobnicate .errors.jsonl
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

# --- references from file to file

# shows TEXT: a refusal says so. It must be one that comes; nothing else tells of it.
shows() { until_true 10 grep -qF -e "$1" .errors.jsonl; }

takes() { until_true 10 put "$1" "$2" 2>/dev/null; }

LABELS='{"properties": {"n": {"type": "integer"}, "tag": {"$ref": "tags"}}}'
TAGS='{"properties": {"label": {"$ref": "labels.json"}}, "$defs": {"name": {"minLength": 2}}}'

refers() {
    refused EBADMSG put tags/x.json '{"label": {"tag": {"label": {"n": "one"}}}}'
    json tags/.errors/x.json '.errors[0].pointer == "/label/tag/label/n"'
}

@test "files that refer to each other are in force from the start" {
    mkdir "$BATS_TEST_TMPDIR/schemas"
    put "$BATS_TEST_TMPDIR/schemas/labels.json" "$LABELS"
    put "$BATS_TEST_TMPDIR/schemas/tags.json" "$TAGS"
    put "$BATS_TEST_TMPDIR/schemas/a.json" '{"$ref": "tags#/$defs/name"}'
    put "$BATS_TEST_TMPDIR/schemas/z.json" '{"$ref": "a"}'
    with_folder
    same "$(ls | xargs)" "a labels tags users z"
    is_absent .errors.jsonl || same "$(cat .errors.jsonl)" ""
    refers
    restart -o "schema=$FOLDER"
    refers
    same "$(records .schema/tags.json)" 1
}

@test "files that refer to each other by their \$id, too" {
    mkdir "$BATS_TEST_TMPDIR/schemas"
    put "$BATS_TEST_TMPDIR/schemas/labels.json" \
        "$(jq '."$id" = "https://example.org/schemas/labels.json"' <<<"$LABELS")"
    put "$BATS_TEST_TMPDIR/schemas/tags.json" \
        "$(jq '."$id" = "https://example.org/schemas/tags.json"' <<<"$TAGS")"
    with_folder
    refers
}

@test "files that refer to each other come one after the other, in either order" {
    with_folder
    put "$FOLDER/tags.json" "$TAGS"
    shows '\"labels.json\" does not lead to a schema'
    is_absent tags
    put "$FOLDER/labels.json" "$LABELS"
    until_true 10 test -d tags
    refers
    is_absent .schema/.errors/tags.json
}

@test "a change that touches two files, the one that is referred to first" {
    with_folder
    put "$FOLDER/people.json" '{"$defs": {"a": {}}}'
    put "$FOLDER/orders.json" '{"properties": {"p": {"$ref": "people#/$defs/a"}}}'
    until_true 10 test -d orders
    put "$FOLDER/people.json" '{"$defs": {"a": {}, "b": {"type": "integer"}}}'
    put "$FOLDER/orders.json" '{"properties": {"p": {"$ref": "people#/$defs/b"}}}'
    until_true 10 grep -q 'defs/b' .schema/orders.json
    refused EBADMSG put orders/o.json '{"p": "one"}'
    put "$FOLDER/people.json" '{"$defs": {"b": {"type": "string"}}}'
    takes orders/o.json '{"p": "one"}'
}

@test "a change that touches two files, the one that refers first" {
    with_folder
    put "$FOLDER/people.json" '{"$defs": {"a": {}}}'
    put "$FOLDER/orders.json" '{"properties": {"p": {"$ref": "people#/$defs/a"}}}'
    until_true 10 test -d orders
    put "$FOLDER/orders.json" '{"properties": {"p": {"$ref": "people#/$defs/b"}}}'
    shows '\"people#/$defs/b\" does not lead to a schema'
    put orders/o.json '{"p": "one"}'
    put "$FOLDER/people.json" '{"$defs": {"b": {"type": "string"}, "a": {}}}'
    until_true 10 grep -q 'defs/b' .schema/orders.json
    refused EBADMSG put orders/o.json '{"p": 1}'
}

@test "a member is taken out of one file and its use out of another, in either order" {
    with_folder
    put "$FOLDER/people.json" '{"$defs": {"a": {}}}'
    put "$FOLDER/orders.json" '{"properties": {"p": {"$ref": "people#/$defs/a"}}}'
    until_true 10 test -d orders
    put "$FOLDER/people.json" '{}'
    shows 'the schema of orders refers to this one, and would not be valid'
    json .schema/people.json 'has("$defs")'
    put "$FOLDER/orders.json" '{}'
    until_true 10 jq -e '. == {}' .schema/people.json
    is_absent .schema/.errors/people.json
}

@test "what refers to a file that is refused is refused with it" {
    with_folder
    mkdir orders
    put "$FOLDER/labels.json" '{"items": {"x-unique": true}}'
    shows '"instance":".schema/labels.json"'
    put "$FOLDER/orders.json" '{"properties": {"label": {"$ref": "labels"}}}'
    shows 'it refers to labels.json, which is refused'
    json .schema/orders.json '. == {}'
    put orders/o.json '{"label": 1}'
    put "$FOLDER/labels.json" '{"x-unique": [["a"]], "type": ["object", "integer"]}'
    until_true 10 grep -q label .schema/orders.json
    put "$FOLDER/labels.json" '{"x-uniqe": [["a"]]}'
    put "$FOLDER/drinks.json" '{"$ref": "7up.json"}'
    put "$FOLDER/7up.json" '{}'
    shows '"instance":".schema/7up.json"'
    shows '\"7up.json\" does not lead to a schema'
    same "$(ls | xargs)" "labels orders users"
}

@test "an alteration of a folder's file is checked against the entities of those that refer to it" {
    with_folder
    put "$FOLDER/orders.json" '{"properties": {"buyer": {"$ref": "users"}}}'
    until_true 10 test -d orders
    put orders/o1.json "{\"buyer\": $ALICE}"
    put "$FOLDER/users.json" "$(jq '.required += ["age"]' <<<"$USERS_SCHEMA")"
    shows '1 existing entity does not satisfy this schema: orders/o1; the first: /buyer: the member \"age\" is required'
    holds .schema/users.json "$USERS_SCHEMA"$'\n'
}
