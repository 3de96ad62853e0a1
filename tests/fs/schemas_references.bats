# Schemas that refer to each other.
load lib

PEOPLE='{"properties": {"age": {"minimum": 0}},
  "$defs": {"address": {"properties": {"zip": {"type": "string"}}}}}'

setup() {
    prepare
    start
    cd "$MNT"
    put .schema/people.json "$PEOPLE"
    put .schema/orders.json '{"properties": {
        "buyer": {"$ref": "people"}, "to": {"$ref": "people.json#/$defs/address"}}}'
}

@test "\$ref leads to another collection's schema, and into it" {
    put orders/o1.json '{"buyer": {"age": 5}, "to": {"zip": "10115"}}'
    refused EBADMSG put orders/o2.json '{"buyer": {"age": -1}}'
    json orders/.errors/o2.json '.detail == "/buyer/age: -1 is less than the minimum 0"'
    refused EBADMSG put orders/o2.json '{"to": {"zip": 10115}}'
    json orders/.errors/o2.json '.detail == "/to/zip: expected a string, got 10115"'
    restart
    refused EBADMSG put orders/o2.json '{"buyer": {"age": -1}}'
}

@test "\$ref leads to a schema by its own \$id, and to the metaschemas" {
    put .schema/units.json '{"$id": "https://example.org/units", "$defs": {"mm": {"type": "integer"}}}'
    put .schema/parts.json '{"$id": "https://example.org/parts", "properties": {
        "width": {"$ref": "units#/$defs/mm"}, "height": {"$ref": "https://example.org/units#/$defs/mm"},
        "owner": {"$ref": "people"}, "form": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}}'
    put parts/a.json '{"width": 1, "height": 2, "form": {"type": "string"}}'
    for bad in '{"width": "1"}' '{"height": "2"}' '{"owner": {"age": -1}}' '{"form": {"type": "thing"}}'; do
        refused EBADMSG put parts/b.json "$bad"
    done
}

@test "a schema that changes changes what refers to it" {
    put .schema/people.json '{"properties": {"age": {"maximum": 150}}, "$defs": {"address": {}}}'
    put orders/o1.json '{"buyer": {"age": -1}, "to": {"zip": 1}}'
    refused EBADMSG put orders/o2.json '{"buyer": {"age": 151}}'
    put .schema/shops.json '{"properties": {"last": {"$ref": "orders"}}}'
    refused EBADMSG put shops/s.json '{"last": {"buyer": {"age": 151}}}'
    put .schema/people.json '{"$defs": {"address": {}}}'
    put shops/s.json '{"last": {"buyer": {"age": 151}}}'
}

@test "it is refused when entities of a collection that refers to it do not satisfy it" {
    for n in 1 2 3 4 5 6 7; do put "orders/o$n.json" '{"buyer": {"age": 5}}'; done
    put .schema/shops.json '{"properties": {"last": {"$ref": "orders"}}}'
    refused EBADMSG put .schema/people.json '{"properties": {"age": {"minimum": 6}}, "$defs": {"address": {}}}'
    json .schema/.errors/people.json '.detail == "7 existing entities do not satisfy this schema: orders/o1, orders/o2, orders/o3, orders/o4, orders/o5, ...; the first: /buyer/age: 5 is less than the minimum 6"'
    holds .schema/people.json "$PEOPLE"$'\n'
    rm orders/*
    put shops/s.json '{"last": {"buyer": {"age": 5}}}'
    refused EBADMSG put .schema/people.json '{"properties": {"age": {"minimum": 6}}, "$defs": {"address": {}}}'
    json .schema/.errors/people.json '.detail | contains("shops/s")'
    put orders/o1.json '{"buyer": {"age": 5}}'
}

@test "it is refused when a reference into it would lead nowhere" {
    refused EBADMSG put .schema/people.json '{}'
    json .schema/.errors/people.json '.detail | contains("the schema of orders refers to this one") and
        contains("\"people.json#/$defs/address\" does not lead to a schema")'
    holds .schema/people.json "$PEOPLE"$'\n'
    put .schema/others.json '{}'
    put .schema/others.json '{"title": "No one refers to it"}'
}

@test "a schema that is referred to cannot be dropped" {
    refused EEXIST rm .schema/people.json
    json .schema/.errors/people.json '.code == "reference_conflict" and .errno == "EEXIST" and
        .detail == "the schema of orders refers to the one of people"'
    refused EEXIST rmdir people
    rm .schema/orders.json
    rmdir people
    is_absent .schema/people.json
}

@test "two schemas refer to each other" {
    put .schema/people.json '{"properties": {"last": {"$ref": "orders"}, "age": {"minimum": 0}},
        "$defs": {"address": {}}}'
    put people/p.json '{"last": {"buyer": {"last": {"buyer": {"age": 1}}}}}'
    refused EBADMSG put people/p.json '{"last": {"buyer": {"last": {"buyer": {"age": -1}}}}}'
    json people/.errors/p.json '.errors[0].pointer == "/last/buyer/last/buyer/age"'
    refused EEXIST rmdir orders
    put .schema/people.json '{"$defs": {"address": {}}}'
    rm people/p.json
    rmdir orders people
    same "$(ls)" ""
}

@test "x- keywords are the collection's own, and not taken along by a reference" {
    put .schema/people.json '{"x-outbox": true, "properties": {"name": {"x-unique": true}},
        "$defs": {"address": {}}}'
    put .schema/friends.json '{"$ref": "people"}'
    put friends/a.json '{"name": "A"}'
    put friends/b.json '{"name": "A"}'
    same "$(pending | wc -l)" 0
    put people/a.json '{"name": "A"}'
    refused EEXIST put people/b.json '{"name": "A"}'
}
