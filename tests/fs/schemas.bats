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
