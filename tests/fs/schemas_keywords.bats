# What the keywords of JSON Schema mean to entities.
load lib

# collection SCHEMA: t, with that schema.
collection() { put .schema/t.json "$1"; }

# takes DOCUMENT...
takes() {
    local document
    for document; do put t/good.json "$document" || fail "refused: $document" || return; done
}

# finds DOCUMENT FAULT: it is refused, and the first fault is that one: "/pointer keyword message".
finds() {
    refused EBADMSG put t/bad.json "$1" || return
    same "$(jq -r '.errors[0] | "\(.pointer) \(.keyword) \(.message)"' t/.errors/bad.json)" "$2"
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

@test "pattern: as ECMA-262 has it, anywhere in the string" {
    collection '{"properties": {"sku": {"pattern": "^[A-Z]{2}-\\d+$"}, "part": {"pattern": "b"},
        "word": {"pattern": "^\\p{Letter}+$"}, "twice": {"pattern": "^(.+)\\1$"}}}'
    takes '{"sku": "AB-12"}' '{"part": "abc"}' '{"word": "Ærø"}' '{"twice": "ababab ababab "}' \
        '{"sku": 7}'
    finds '{"sku": "AB-1x"}' '/sku pattern "AB-1x" does not match the pattern "^[A-Z]{2}-\\d+$"'
    finds '{"sku": "AB-12\n"}' '/sku pattern "AB-12\n" does not match the pattern "^[A-Z]{2}-\\d+$"'
    refused EBADMSG put t/bad.json '{"sku": "AB-١"}'
    refused EBADMSG put t/bad.json '{"part": "acd"}'
    refused EBADMSG put t/bad.json '{"word": "a1"}'
    refused EBADMSG put t/bad.json '{"twice": "aba"}'
    is_absent t/bad.json
}

@test "patternProperties" {
    collection '{"patternProperties": {"^n_": {"type": "integer"}, "_l$": {"minLength": 2}},
        "additionalProperties": false}'
    takes '{"n_a": 1}' '{"a_l": "ab"}' '{"n_l": 7}'
    finds '{"n_a": "x"}' '/n_a type expected an integer, got "x"'
    finds '{"a_l": "x"}' '/a_l minLength "x" is shorter than 2 characters'
    finds '{"other": 1}' '/other additionalProperties not a member this schema allows'
}

@test "unevaluatedProperties and unevaluatedItems see through all that was applied" {
    collection '{"$defs": {"named": {"properties": {"name": {"type": "string"}}}},
        "allOf": [{"$ref": "#/$defs/named"}], "properties": {"email": true, "list": {
            "prefixItems": [true], "contains": {"type": "null"}, "unevaluatedItems": {"type": "integer"}}},
        "if": {"required": ["company"]}, "then": {"properties": {"company": true}},
        "unevaluatedProperties": false}'
    takes '{"name": "a", "email": "b", "company": "c"}' '{"list": ["x", null, 3, null]}'
    finds '{"emial": "b"}' \
        '/emial unevaluatedProperties not a member this schema allows; did you mean "email"?'
    finds '{"list": ["x", null, "y"]}' '/list/2 type expected an integer, got "y"'
}

@test "dependentRequired and dependentSchemas" {
    collection '{"dependentRequired": {"card": ["address", "name"]},
        "dependentSchemas": {"vat": {"properties": {"country": {"const": "DE"}}}}}'
    takes '{}' '{"card": 1, "address": "x", "name": "y"}' '{"vat": 1, "country": "DE"}'
    finds '{"card": 1, "name": "y"}' \
        ' dependentRequired the member "address" is required when there is "card"'
    finds '{"vat": 1, "country": "FR"}' '/country const expected "DE", got "FR"'
}

@test "contains, with minContains and maxContains" {
    collection '{"properties": {"a": {"contains": {"type": "integer"}, "minContains": 2, "maxContains": 3}}}'
    takes '{"a": [1, "x", 2]}' '{"a": [1, 2, 3]}'
    refused EBADMSG put t/bad.json '{"a": [1, "x"]}'
    refused EBADMSG put t/bad.json '{"a": [1, 2, 3, 4]}'
}

@test "\$dynamicRef: a tree that another schema makes strict" {
    put .schema/trees.json '{"$id": "https://example.org/tree", "$dynamicAnchor": "node",
        "type": "object", "properties": {"data": true,
        "children": {"type": "array", "items": {"$dynamicRef": "#node"}}}}'
    collection '{"$dynamicAnchor": "node", "$ref": "https://example.org/tree",
        "unevaluatedProperties": false}'
    put trees/a.json '{"children": [{"daat": 1}]}'
    takes '{"children": [{"data": 1, "children": []}]}'
    finds '{"children": [{"daat": 1}]}' \
        '/children/0/daat unevaluatedProperties not a member this schema allows'
}

@test "\$schema: draft 2019-09, where it says so" {
    collection '{"$schema": "https://json-schema.org/draft/2019-09/schema",
        "properties": {"a": {"items": [{"type": "integer"}], "additionalItems": false}}}'
    takes '{"a": [1]}'
    refused EBADMSG put t/bad.json '{"a": [1, 2]}'
    refused EBADMSG put t/bad.json '{"a": ["x"]}'
}

@test "\$anchor, \$id and \$ref inside a schema" {
    collection '{"properties": {"a": {"$ref": "#positive"}, "b": {"$ref": "parts/even"},
        "c": {"$ref": "#/$defs/any~1name"}}, "$defs": {
        "p": {"$anchor": "positive", "exclusiveMinimum": 0},
        "q": {"$id": "parts/even", "multipleOf": 2}, "any/name": {"type": "string"}}}'
    takes '{"a": 1, "b": 2, "c": "x"}'
    finds '{"a": 0}' '/a exclusiveMinimum 0 is not greater than 0'
    finds '{"b": 3}' '/b multipleOf 3 is not a multiple of 2'
    finds '{"c": 3}' '/c type expected a string, got 3'
}

@test "formats are asserted, each of them" {
    while IFS='|' read -r format good bad; do
        collection "{\"properties\": {\"v\": {\"format\": \"$format\"}}}"
        takes "{\"v\": \"$good\"}" '{"v": 7}'
        refused EBADMSG put t/bad.json "{\"v\": \"$bad\"}"
        json t/.errors/bad.json '.errors[0].pointer == "/v" and .errors[0].keyword == "format"'
        seen+="$format"$'\n'
    done <<'END'
date|2024-02-29|2023-02-29
date-time|2026-11-21T10:00:00.5+01:00|2026-11-21 10:00
duration|P1DT12H|P1D12H
email|alice@example.org|alice.example.org
hostname|www.example.org|-bad-.example.org
idn-email|实例@实例.广告|实例
idn-hostname|实例.广告|〮x.example
ipv4|192.0.2.1|192.0.2.01
ipv6|2001:db8::1|2001:db8:::1
iri|https://example.org/ä|/ä
iri-reference|/ä|\\\\ä
json-pointer|/a/~0b|a/b
regex|^[ab]+$|^[ab
relative-json-pointer|1/a|/a
time|10:00:00Z|10:00
uri|https://example.org/a?b#c|//example.org
uri-reference|../a|a\\\\b
uri-template|/users/{id}|/users/{id
uuid|2eb8aa08-aa98-11ea-b4aa-73b441d16380|2eb8aa08aa9811eab4aa73b441d16380
END
    same "$seen" "$(sed -nE 's/^    \{"([a-z0-9-]+)", .*/\1/p' \
        "$BATS_TEST_DIRNAME/../../schema/format.c")"$'\n' "the formats there are"
}

@test "the errors of the branch that fits best, and not of all" {
    collection '{"properties": {"v": {"anyOf": [{"type": "string", "minLength": 3},
        {"type": "object", "required": ["id"]}]}}}'
    takes '{"v": "abc"}' '{"v": {"id": 1}}'
    refused EBADMSG put t/bad.json '{"v": {}}'
    same "$(jq -r '.errors[] | "\(.pointer) \(.message)"' t/.errors/bad.json)" \
        '/v none of the 2 branches of "anyOf" fits; the closest is 2
/v the member "id" is required'
}

@test "every fault is told, with its place, up to a number of them" {
    collection '{"properties": {"email": {}, "age": {"minimum": 18}}, "additionalProperties": false}'
    refused EBADMSG put t/bad.json '{"emial": 1, "age": 17}'
    same "$(jq -r '.detail, (.errors[] | "\(.pointer): \(.message)")' t/.errors/bad.json)" \
        '/emial: not a member this schema allows; did you mean "email"?
/emial: not a member this schema allows; did you mean "email"?
/age: 17 is less than the minimum 18'
    collection '{"additionalProperties": {"type": "null"}}'
    refused EBADMSG put t/bad.json "$(jq -nc '[range(5000) | {key: "m\(.)", value: .}] | from_entries')"
    json t/.errors/bad.json '.errors | length == 16'
}

# --- what would take for ever

# Four who write what cannot be decided, and one who is served meanwhile. $class: what they are told.
blows_up() {
    local n began=$SECONDS writers=()
    for n in 1 2 3 4; do
        { refused EBADMSG put "t/$n.json" "$1" && json "t/.errors/$n.json" \
            '.code == $class and .errno == "EBADMSG"' --arg class "$class"; } 3>&- &
        writers+=($!)
    done
    append users/alice.json '{"age": 30}'
    json users/alice.json '.age == 30'
    for n in "${writers[@]}"; do wait "$n"; done
    ((SECONDS - began < 20 * ${SLOWNESS:-1})) || fail "it took $((SECONDS - began)) s"
    same "$(ls t)" ""
    put users/alice.json "$ALICE"
}

@test "a pattern that takes too much work is refused as pattern_budget, and the mount goes on" {
    make_alice
    collection '{"properties": {"v": {"pattern": "^(a|a?)+\\1$"}}}'
    class=pattern_budget
    blows_up "{\"v\": \"$(printf 'a%.0s' {1..60})b\"}"
}

@test "a pattern without back-references is decided in time, however it is written" {
    collection '{"properties": {"v": {"pattern": "^((a|aa)+)+$"}}}'
    many=$(printf 'a%.0s' {1..50000})
    takes "{\"v\": \"$many\"}"
    refused EBADMSG put t/bad.json "{\"v\": \"${many}b\"}"
    json t/.errors/bad.json '.code == "validation" and .errors[0].keyword == "pattern"'
}

@test "a schema that takes too many steps is refused as validation_budget, and the mount goes on" {
    make_alice
    collection "$(jq -nc '{"$ref": "#/$defs/a0", "$defs": ([range(40) | {key: "a\(.)", value: {anyOf:
        [range(2) as $i | {"$ref": "#/$defs/a\(. + 1)"}]}}] | from_entries | .a40 = {required: ["x"]})}')"
    class=validation_budget
    blows_up '{"v": 1}'
}
