# `persistfs schema check`, `validate` and `infer`: no mount is needed.
load lib

setup() {
    prepare
    cd "$OUT"
    put users.json "$USERS_SCHEMA"
    put alice.json "$ALICE"
}

# gives STATUS COMMAND...: it ends with that status; standard output is in $out, the rest in $err.
gives() {
    local status=0
    out=$("${@:2}" 2>"$LOGS/err" 3>&-) || status=$?
    err=$(cat "$LOGS/err")
    same "$status" "$1" "the exit status of: ${*:2}: $out $err"
}

schema() { "$PERSISTFS" schema "$@"; }

# --- words

@test "--help, of each verb" {
    for words in "" check validate infer; do
        gives 0 schema $words --help
        has "$out" "usage: persistfs schema $words" "exit codes"
        same "$err" ""
        gives 0 schema $words -h
    done
    gives 0 schema --help
    has "$out" "check FILE" "validate SCHEMA DOC" "infer SAMPLE" "from-sql FILE" "diff OLD NEW"
}

@test "misuse" {
    for words in "" nothing check "check --wrong" "check -x" validate "validate users.json" \
        "validate --wrong users.json alice.json" infer "infer --wrong" \
        "validate --output" "validate --output xml users.json alice.json" \
        "validate --formats never users.json alice.json" \
        "validate --base there users.json alice.json" \
        "validate --base there=. users.json alice.json" \
        "validate --base http://x/=nowhere users.json alice.json"; do
        gives 2 schema $words
        same "$out" "" "$words"
        has "$err" "persistfs: schema" "usage: persistfs schema"
    done
    has "$err" "http://x/=nowhere" "no such file"
}

@test "a result that cannot be written is a fault" {
    for words in "check users.json" "validate users.json alice.json" "infer alice.json" --help; do
        gives 1 bash -c '"$0" schema "$@" >/dev/full' "$PERSISTFS" $words
        has "$err" "cannot be written"
    done
}

# --- check

@test "check: a schema the store takes" {
    gives 0 schema check users.json
    same "$out" "users.json: ok"
    same "$err" ""
}

@test "check: each fault is a line, with its file and its place" {
    put a.json '{"properties": {"age": {"minimum": "x"}, "n": {"x-uniqe": true}}}'
    put b.json '{"type": '
    gives 1 schema check a.json users.json b.json missing.json .
    same "$out" "users.json: ok"
    has "$err" "a.json: /properties/age/minimum: " \
        "a.json: /properties/n/x-uniqe: " 'did you mean "x-unique"' \
        "b.json: line 2, column 1: " "missing.json: no such file" ".: is a directory"
}

@test "check: a fault stays on its line, whatever the names are" {
    put a.json '{"properties": {"a\nb: ok\u001b[31m": {"minimum": "x"}}}'
    gives 1 schema check a.json
    same "$(wc -l <<<"$err")" 1 "$err"
    if grep -q $'\e' <<<"$err"; then fail "a control character came through: $err"; fi
}

@test "check: standard input" {
    gives 0 schema check - <users.json
    gives 1 schema check - <<<'{"type": "thing"}'
    has "$err" "-: /type: " thing
}

@test "check: what is too large is not read to its end" {
    truncate -s 5G big.json
    gives 1 schema check big.json
    has "$err" "big.json: it has more than 1048576 bytes"
}

@test "check: references to files beside it, and to collections by their names" {
    put orders.json '{"properties": {"by": {"$ref": "users"}, "at": {"$ref": "parts/at.json#/$defs/at"}}}'
    mkdir parts
    put parts/at.json '{"$defs": {"at": {"type": "string", "format": "date-time"}}}'
    (cd / && schema check "$OUT/orders.json")
    put orders.json '{"properties": {"by": {"$ref": "user"}}}'
    gives 1 schema check orders.json
    has "$err" "orders.json: /properties/by/\$ref: " user
}

@test "check: a reference does not lead out of the folder" {
    mkdir in
    put in/a.json '{"properties": {"a": {"$ref": "../users.json"}}}'
    put in/b.json '{"properties": {"a": {"$ref": "link.json"}}}'
    ln -s ../users.json in/link.json
    gives 1 schema check in/a.json
    gives 1 schema check in/b.json
}

@test "check: keywords of others are for validate alone" {
    put a.json '{"type": "object", "madeUp": 1, "x-uniqe": true}'
    gives 1 schema check a.json
    gives 0 schema validate a.json alice.json
}

# --- validate

@test "validate: a verdict a document, and its faults" {
    put minor.json '{"name": "", "email": "b@x.org", "age": -1}'
    gives 1 schema validate users.json alice.json minor.json
    has "$out" "alice.json: valid" "minor.json: invalid" "minor.json: /age: -1 is less than" \
        "minor.json: /name: "
    same "$err" ""
    gives 0 schema validate users.json alice.json alice.json
    same "$out" "alice.json: valid
alice.json: valid"
}

@test "validate: what cannot be read is no verdict, and the others have theirs" {
    put half.json '{"name": '
    gives 1 schema validate users.json half.json missing.json alice.json
    has "$out" "half.json: unreadable" "half.json: line 2, column 1" "missing.json: unreadable" \
        "missing.json: no such file" "alice.json: valid"
}

@test "validate: a schema that cannot be read or is wrong" {
    put wrong.json '{"type": "thing"}'
    gives 1 schema validate wrong.json alice.json
    same "$out" ""
    has "$err" "wrong.json: /type"
    gives 1 schema validate missing.json alice.json
    has "$err" "missing.json: no such file"
}

@test "validate: standard input is a document, or the schema" {
    gives 0 schema validate users.json - <alice.json
    same "$out" "-: valid"
    gives 0 schema validate - alice.json <users.json
    same "$out" "alice.json: valid"
}

@test "validate: any value is a document, and true and false are schemas" {
    put any.json true
    put none.json false
    put list.json '[1, "a", null]'
    put number.json 123456789012345678901234567890
    gives 0 schema validate any.json list.json number.json alice.json
    gives 1 schema validate none.json list.json
    put integer.json '{"type": "integer", "minimum": 123456789012345678901234567890}'
    gives 0 schema validate integer.json number.json
}

@test "validate: --formats" {
    put schema.json '{"properties": {"at": {"format": "date"}}}'
    put doc.json '{"at": "soon"}'
    gives 1 schema validate schema.json doc.json
    has "$out" "doc.json: /at: "
    gives 1 schema validate --formats assert schema.json doc.json
    gives 0 schema validate --formats annotate schema.json doc.json
}

@test "validate: --output basic is a line of JSON a document" {
    put minor.json '{"name": "B", "email": "b@x.org", "age": -1}'
    put half.json '{"name": '
    gives 1 schema validate --output=basic users.json alice.json minor.json half.json missing.json
    same "$(wc -l <<<"$out")" 4
    jq -s . <<<"$out" >said.json
    json said.json '[.[] | .document] == ["alice.json", "minor.json", "half.json", "missing.json"]'
    json said.json '[.[] | .valid] == [true, false, false, false]'
    json said.json '.[1].errors | any(.instanceLocation == "/age" and
        .keywordLocation == "/properties/age/minimum" and (.absoluteKeywordLocation |
        startswith("file:///") and endswith("/users.json#/properties/age/minimum")))'
    json said.json '.[2].error | test("line 2")'
    json said.json '.[3].error | test("No such file")'
    gives 0 schema validate --output basic --output text users.json alice.json
    same "$out" "alice.json: valid"
}

@test "validate: --base maps prefixes to folders, and the longest counts" {
    mkdir -p a b/deep
    put a/text.json '{"type": "string"}'
    put b/number.json '{"type": "number"}'
    put schema.json '{"properties": {"t": {"$ref": "http://x.org/text.json"},
        "n": {"$ref": "http://x.org/num/number"}}}'
    put good.json '{"t": "a", "n": 1}'
    put bad.json '{"t": 1, "n": "a"}'
    gives 1 schema validate --base http://x.org/=a --base http://x.org/num/=b schema.json \
        good.json bad.json
    has "$out" "good.json: valid" "bad.json: invalid" "bad.json: /t: " "bad.json: /n: "
    gives 1 schema validate --base http://x.org/=a schema.json good.json
    has "$err" "/properties/n/\$ref" "http://x.org/num/number"
}

@test "validate: a reference never leaves its base" {
    mkdir -p a
    put secret.json '{"type": "object"}'
    ln -s ../secret.json a/link.json
    for uri in http://x.org/%2e%2e/secret.json http://x.org/..%2fsecret.json http://x.org/link.json \
        "http://x.org/$OUT/secret.json"; do
        put schema.json "{\"\$ref\": \"$uri\"}"
        gives 1 schema validate --base http://x.org/=a schema.json alice.json
        has "$err" "schema.json: " "\$ref"
    done
}

# --- infer

# inferred SAMPLE...: the schema is in schema.json; it passes check, and each document, validate.
inferred() {
    gives 0 schema infer "$@"
    printf '%s\n' "$out" >schema.json
    schema check schema.json >/dev/null || fail "not a schema: $out"
}

@test "infer: types, required members, and the order of appearance" {
    put a.json '{"name": "A", "age": 3, "ratio": 1, "tags": ["x"], "none": null}'
    put b.json '{"age": 4, "name": "B", "ratio": 0.5, "tags": [], "none": "?", "extra": true}'
    inferred a.json b.json
    json schema.json '.["$schema"] | test("2020-12")'
    json schema.json '.type == "object" and .required == ["name", "age", "ratio", "tags", "none"]'
    json schema.json '.properties | keys_unsorted == ["name", "age", "ratio", "tags", "none", "extra"]'
    json schema.json '[.properties[].type] ==
        ["string", "integer", "number", "array", ["string", "null"], "boolean"]'
    json schema.json '.properties.tags.items == {"type": "string"}'
    gives 0 schema validate schema.json a.json b.json
}

@test "infer: an array is many samples, and so are the lines of standard input" {
    for i in {1..200}; do
        echo "{\"id\": \"u$i\", \"mail\": \"m$i@x.org\", \"state\": \"s$((i % 3))\", \"n\": $i}"
    done >lines
    jq -s . lines >array.json
    inferred array.json
    json schema.json '.["$comment"] == "infer: from 200 samples"'
    json schema.json '.properties.id["$comment"] ==
        "infer: all 200 values differ; consider \"x-unique\": true"'
    json schema.json '.properties.mail | .format == "email" and (.["$comment"] | test("x-unique"))'
    json schema.json '.properties.state | has("enum") | not'
    json schema.json '.properties.state["$comment"] |
        test("200 strings, 3 different; consider \"enum\": \\[\"s1\", \"s2\", \"s0\"\\]")'
    json schema.json '.properties.n | has("$comment") | not'
    cp schema.json before.json
    { cat lines && echo; } >more
    gives 0 schema infer - <more
    same "$out" "$(cat before.json)"
    split -l 1 -a 3 lines one.
    gives 0 schema validate schema.json one.*
}

@test "infer: formats that all fit" {
    put a.json '[{"at": "2026-01-31T10:00:00Z", "ip": "10.0.0.1", "to": "https://x.org/a", "d": "2026-01-31"},
        {"at": "2026-02-01T10:00:00.5+02:00", "ip": "::1", "to": "ftp://x.org", "d": "soon"}]'
    inferred a.json
    json schema.json '[.properties[].format] == ["date-time", null, "uri", null]'
}

@test "infer: what cannot be read is named, and nothing is printed" {
    put bad.json '[{"a": 1}, {"a": }]'
    gives 1 schema infer alice.json bad.json
    same "$out" ""
    has "$err" "bad.json: item 2: line 1"
    gives 1 schema infer - <<<$'{"a": 1}\n\n{"a": 1'
    has "$err" "-: line 3: "
    gives 1 schema infer missing.json
    has "$err" "missing.json: no such file"
    for text in '' '[{}' '[{},]' '[{}] 1' '[,]' '{} {}' '[}]'; do
        printf '%s' "$text" >bad.json
        gives 1 schema infer bad.json
        has "$err" "bad.json: "
    done
}

@test "infer: without a sample" {
    put empty.json ' [ ] '
    gives 1 schema infer empty.json
    has "$err" "no sample"
    gives 1 schema infer - </dev/null
    has "$err" "no sample"
}

@test "infer: brackets and quotes in strings are not the array's" {
    put a.json '[{"a": "]\"},[", "b\\": [[1], {"c": "\\"}]}, "[", ["]"], 1]'
    inferred a.json
    json schema.json '.["$comment"] == "infer: from 4 samples"'
    jq -c '.[]' a.json | split -l 1 - one.
    gives 0 schema validate schema.json one.*
}

@test "infer: what is left out is told" {
    python 'import json
deep = 1
for i in range(100): deep = {"a": deep}
print(json.dumps({"deep": deep, **{f"m{i}": i for i in range(1100)}}))' >big.json
    gives 0 schema infer big.json
    printf '%s\n' "$out" >schema.json
    has "$err" "left out: 1 values deeper than" "left out: 101 members"
    gives 0 schema validate schema.json big.json
    gives 0 schema check schema.json
}

# The most memory, in KiB, that the program took. A sanitizer keeps what was freed for a while.
memory_of_infer() { # FILE
    ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1 python '
import resource, subprocess, sys
subprocess.run([sys.argv[1], "schema", "infer", sys.argv[2]], stdin=open("lines"), check=True,
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$PERSISTFS" "$1"
}

@test "infer: memory stays that of one sample" {
    python 'for i in range(200000): print("{\"id\": %d, \"text\": \"%s\"}" % (i, "x" * 200))' >lines
    gives 0 bash -c '"$0" schema infer - <lines' "$PERSISTFS"
    has "$out" "200000 samples" "first 1000 values all differ"
    jq -s . lines >array.json
    for file in - array.json; do
        local taken
        taken=$(memory_of_infer "$file")
        ((taken < 40000)) || fail "$file of 45 MB took $taken KiB"
    done
}
