# Schemas that change while there are entities.
load lib

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

# --- many entities

# thousand [MEMBERS]: as many entities, with a number each, and those members.
thousand() {
    make_open
    python '
for n in range(1000): write("docs/d%03d.json" % n, (b"{\"n\": %d%s}" % (n, sys.argv[1].encode())))
' "${1-}"
}

total_versions() {
    ls docs | sed 's|\(.*\)json$|docs/\1meta|' | xargs jq -s 'map(.version) | add'
}

@test "1000 entities: a schema that one of them does not satisfy changes nothing" {
    thousand
    commits=$(jq .seq .stats.json)
    refused EBADMSG put .schema/docs.json '{"properties": {
        "n": {"maximum": 998}, "state": {"default": "new"}}, "required": ["n", "state"]}'
    json .schema/.errors/docs.json '.code == "validation" and .detail ==
        "1 existing entity does not satisfy this schema: d999; the first: /n: 999 is greater than the maximum 998"'
    same "$(jq .seq .stats.json)" "$commits"
    json .schema/docs.json '. == {}'
    holds docs/d000.json '{"n": 0}'
    restart
    holds docs/d998.json '{"n": 998}'
    put docs/more.json '{}'
}

@test "1000 entities: a refusal counts those that do not satisfy the schema, and names some" {
    thousand
    refused EBADMSG put .schema/docs.json '{"properties": {"n": {"multipleOf": 4}}}'
    json .schema/.errors/docs.json '.detail | startswith(
        "750 existing entities do not satisfy this schema: d001, d002, d003, d005, d006, ...; the first: /n: ")'
    json .schema/docs.json '. == {}'
}

@test "1000 entities: a schema that they satisfy is in force, and they stay as they are" {
    thousand
    put .schema/docs.json '{"properties": {"n": {"type": "integer", "x-unique": true}},
        "patternProperties": {"^x": false}, "unevaluatedProperties": false}'
    same "$(total_versions)" 1000
    holds docs/d123.json '{"n": 123}'
    refused EEXIST put docs/other.json '{"n": 123}'
    refused EBADMSG put docs/other.json '{"n": 1000, "m": 1}'
    put docs/other.json '{"n": 1000}'
}

@test "1000 entities: a required member with a default is added to all, in one commit" {
    thousand ', "name": 1.50'
    seq=$(jq .seq .stats.json)
    put .schema/docs.json '{"properties": {"state": {"enum": ["new", "old"], "default": "new"}},
        "required": ["state"]}'
    same "$(total_versions)" 2000
    same "$(jq -c 'select(.state != "new")' docs/*.json | wc -l)" 0
    holds docs/d500.json '{
  "n": 500,
  "name": 1.50,
  "state": "new"
}
'
    same "$(tail -n 1 docs/d500.audit.jsonl | jq -c '[.op, .version, .patch]')" \
        '["migrate",2,[{"op":"add","path":"/state","value":"new"}]]'
    same "$(jq .seq .stats.json)" $((seq + 1001))
}
