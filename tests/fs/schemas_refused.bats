# What is no schema, and what is said to it.
load lib

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

@test "all that is wrong is told at once, each with its place" {
    refused EBADMSG put .schema/a.json '{"required": "a", "minLength": -1, "items": [{}],
        "properties": {"p": {"pattern": "["}}}'
    same "$(jq -r '.errors[] | "\(.pointer) \(.message)"' .schema/.errors/a.json)" \
        '/required "required" takes an array, not "a"
/minLength "minLength" takes a whole number from 0, not -1
/items "items" takes a schema; a list of them is called "prefixItems"
/properties/p/pattern "[" is not a pattern: at its end: the class is not closed by '"']'"
    cmp <(cat .schema/.rejected/a.json) - <<'END'
{"required": "a", "minLength": -1, "items": [{}],
        "properties": {"p": {"pattern": "["}}}
END
    put .schema/a.json '{"required": ["a"]}'
    is_absent .schema/.errors/a.json
}

# misspelt KEYWORD MEANT
misspelt() {
    refused EBADMSG put .schema/a.json "{\"properties\": {\"p\": {\"$1\": true}}}"
    json .schema/.errors/a.json '.errors[0].pointer == "/properties/p/\($k)" and .errors[0].message ==
        "the keyword \"\($k)\" is unknown; did you mean \"\($meant)\"?"' --arg k "$1" --arg meant "$2"
}

@test "a keyword that is misspelt is refused, with the one that was meant" {
    misspelt requierd required
    misspelt Type type
    misspelt propertys properties
    misspelt '$reff' '$ref'
    misspelt minlength minLength
    misspelt x-uniqe x-unique
    misspelt x-on-delet x-on-delete
    is_absent a
}

@test "an x- keyword that there is not is refused, and another unknown one means nothing" {
    refused EBADMSG put .schema/a.json '{"properties": {"p": {"x-frobnicate": 1}}}'
    json .schema/.errors/a.json '.detail ==
        "/properties/p/x-frobnicate: the keyword \"x-frobnicate\" is unknown"'
    put .schema/a.json '{"frobnicate": 1, "$schema": "https://json-schema.org/draft/2020-12/schema"}'
    put a/x.json '{"frobnicate": 2}'
    refused EBADMSG put .schema/b.json '{"$schema": "http://json-schema.org/draft-07/schema#"}'
    json .schema/.errors/b.json '.detail | contains("the one known is \"https://json-schema.org/draft/2020-12/schema\"")'
}

@test "a format that is misspelt is refused, and another unknown one means nothing" {
    refused EBADMSG put .schema/a.json '{"properties": {"p": {"format": "emial"}}}'
    json .schema/.errors/a.json '.errors == [{"pointer": "/properties/p/format", "keyword": "format",
        "message": "the format \"emial\" is unknown; did you mean \"email\"?"}]'
    put .schema/a.json '{"properties": {"p": {"format": "telephone"}}}'
    put a/x.json '{"p": "anything"}'
}

@test "a reference that leads nowhere is refused" {
    for reference in users users.json 'users.json#/$defs/a' '#/$defs/a' '#a' ./x https://example.org/a; do
        refused EBADMSG put .schema/a.json "{\"\$ref\": \"$reference\"}"
        json .schema/.errors/a.json '.errors[0].pointer == "/$ref" and
            (.detail | startswith("/$ref: \"\($r)\" does not lead to a schema"))' --arg r "$reference"
    done
    refused EBADMSG put .schema/a.json '{"$ref": "a"}'
    has "$(jq -r .detail .schema/.errors/a.json)" "endless loop"
}

@test "an x- keyword in the wrong place, or with the wrong value, is refused" {
    while IFS='|' read -r schema pointer; do
        refused EBADMSG put .schema/a.json "$schema"
        json .schema/.errors/a.json '.errors[0].pointer == $p' --arg p "$pointer"
    done <<'END'
{"x-unique": true}|/x-unique
{"x-unique": [["a", "a"]]}|/x-unique/0
{"items": {"x-unique": true}}|/items/x-unique
{"properties": {"p": {"x-outbox": true}}}|/properties/p/x-outbox
{"x-outbox": ["explode"]}|/x-outbox/0
{"x-require-version": 1}|/x-require-version
{"x-ref": "users"}|/x-ref
{"properties": {"p": {"x-ref": "no good"}}}|/properties/p/x-ref
{"properties": {"p": {"anyOf": [{"x-ref": "users"}]}}}|/properties/p/anyOf/0/x-ref
{"properties": {"p": {"x-on-delete": "cascade"}}}|/properties/p/x-on-delete
END
}

@test "a keyword that is not implemented yet is refused by name" {
    for keyword in x-commands x-id x-index x-invariants x-migrate x-queries x-retain; do
        refused EBADMSG put .schema/a.json "{\"$keyword\": {}}"
        json .schema/.errors/a.json '.detail | contains("\"\($k)\" is not implemented")' --arg k "$keyword"
    done
    is_absent a
}

@test "a member of properties is no keyword" {
    put .schema/a.json '{"properties": {"requierd": {"type": "integer"}, "x-frobnicate": {}}}'
    refused EBADMSG put a/x.json '{"requierd": "no"}'
}

@test ".vocabulary.json is the metaschema of the x- keywords: readable, unlisted, read-only" {
    json .schema/.vocabulary.json '."$id" == "persistfs:/.vocabulary.json" and
        (.properties | keys == ["x-on-delete", "x-outbox", "x-ref", "x-require-version", "x-unique"])'
    same "$(stat -c %s .schema/.vocabulary.json)" "$(wc -c <.schema/.vocabulary.json)"
    same "$(ls -A .schema)" ""
    refused EROFS put .schema/.vocabulary.json '{}'
    refused EROFS rm .schema/.vocabulary.json
    put .schema/drafts.json '{"$ref": "persistfs:/.vocabulary.json",
        "properties": {"properties": {"additionalProperties": {"$ref": "persistfs:/.vocabulary.json"}}}}'
    put drafts/a.json "$USERS_SCHEMA"
    refused EBADMSG put drafts/a.json '{"x-uniqe": true}'
    refused EBADMSG put drafts/a.json '{"properties": {"p": {"x-on-delete": "cascade"}}}'
}
