"""Random schemas and documents: small, of few names and values, so that they meet."""
import json

NAMES = ["a", "b", "c", "aa", "ä", "", "a/b", "x~1"]
STRINGS = ["", "a", "ab", "abc", "ä", "e\u0301", "😀", "a😀", "0", "A b"]
PATTERNS = ["^a", "b$", "^.$", "^..?$", "[a-b]", "^[^a]*$", "\\d", "^\\S*$", "a|ä", "^a{2}$", "😀", "^\\u0061"]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
ROOT = "https://example.org/root"
INNER = "https://example.org/inner"
DEFINITIONS = 3  # of the root; what follows them is the inner resource


class Spelled(str):
    """A number as it is to be written."""


NUMBERS = [
    *("0 -0 0.0 1 1.0 10e-1 1E0 0.1e1 2 2.0 3 -1 -1.0 0.5 5e-1 1.5 2.5 0.1 0.25 4 6 7.5 10 1e1 100").split(),
    *("9007199254740992 -9007199254740992 1e15 1e-7 123456.789 4.0e0").split(),
]


def write(value):
    """JSON, numbers as they are spelled."""
    if isinstance(value, Spelled):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{write(k)}:{write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


class Generator:
    """`floor`: the definitions from there on may be referred to without an end in sight of a loop;
    None: the instance is a part of another, and so everything may be."""

    def __init__(self, r):
        self.r = r
        self.base = ROOT  # of what is being made
        self.kinds = [getattr(self, name) for name in dir(self) if name.startswith("make_")]

    def number(self):
        return Spelled(self.r.choice(NUMBERS))

    def count(self):
        return Spelled(self.r.choice(["0", "1", "1", "2", "2.0", "3", "1e0"]))

    def value(self, depth=3):
        r = self.r
        kind = r.randrange(*{0: (5,), 4: (3, 9)}.get(depth, (9,)))
        if kind < 1:
            return r.choice([None, True, False])
        if kind < 3:
            return self.number()
        if kind < 5:
            return r.choice(STRINGS)
        if kind < 7:
            return [self.value(depth - 1) for _ in range(r.randrange(4))]
        return {r.choice(NAMES): self.value(depth - 1) for _ in range(r.randrange(5))}

    def schema(self, depth, floor):
        r = self.r
        if depth <= 0 or r.random() < 0.12:
            return r.choice([True, False, {}, self.make_type(0, floor), self.make_reference(0, floor)])
        return self.object_schema(depth - 1, floor)

    def schemas(self, depth, floor):
        return [self.schema(depth, floor) for _ in range(self.r.choice([1, 2, 2, 3]))]

    def named(self, depth, names):
        r = self.r
        return {r.choice(names): self.schema(depth, None) for _ in range(r.randrange(1, 4))}

    def make_type(self, depth, floor):
        r = self.r
        return {"type": r.choice([r.choice(TYPES), r.sample(TYPES, 2), r.sample(TYPES, 4)])}

    def make_values(self, depth, floor):
        return self.r.choice(
            [{"const": self.value(2)}, {"enum": [self.value(2) for _ in range(self.r.randrange(1, 8))]}]
        )

    def make_number(self, depth, floor):
        keyword = self.r.choice(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
        return {keyword: self.number()}

    def make_multiple(self, depth, floor):
        return {"multipleOf": Spelled(self.r.choice(["1", "2", "0.5", "1.0", "5e-1", "3", "0.25"]))}

    def make_count(self, depth, floor):
        subject = self.r.choice(["Length", "Items", "Properties"])
        return {self.r.choice(["min", "max"]) + subject: self.count()}

    def make_pattern(self, depth, floor):
        return {"pattern": self.r.choice(PATTERNS)}

    def make_unique(self, depth, floor):
        return {"uniqueItems": self.r.random() < 0.9}

    def make_items(self, depth, floor):
        r = self.r
        made = {}
        if r.random() < 0.6:
            made["prefixItems"] = self.schemas(depth, None)
        if r.random() < 0.5:
            made["items"] = self.schema(depth, None)
        return made

    def make_contains(self, depth, floor):
        made = {"contains": self.schema(depth, None)}
        for keyword in ("minContains", "maxContains"):
            if self.r.random() < 0.3:
                made[keyword] = self.r.randrange(4)  # Blaze overlooks a maxContains of 1e0
        return made

    def make_properties(self, depth, floor):
        return {"properties": self.named(depth, NAMES)}

    def make_pattern_properties(self, depth, floor):
        return {"patternProperties": self.named(depth, PATTERNS)}

    def make_additional(self, depth, floor):
        return {"additionalProperties": self.schema(depth, None)}

    def make_property_names(self, depth, floor):
        return {"propertyNames": self.schema(depth, None)}

    def make_required(self, depth, floor):
        return {"required": self.r.sample(NAMES, self.r.randrange(3))}

    def make_dependent(self, depth, floor):
        r = self.r
        if r.random() < 0.5:
            return {"dependentRequired": {r.choice(NAMES): r.sample(NAMES, 2)}}
        return {"dependentSchemas": {r.choice(NAMES): self.schema(depth, floor) for _ in range(2)}}

    def make_unevaluated(self, depth, floor):
        r = self.r
        keyword = r.choice(["unevaluatedProperties", "unevaluatedItems"])
        beside = r.choice([self.make_group, self.make_conditional, self.make_dependent, self.make_contains])
        return {keyword: r.choice([False, False, self.schema(depth, None)]), **beside(depth, floor)}

    def make_group(self, depth, floor):
        return {self.r.choice(["allOf", "anyOf", "oneOf"]): self.schemas(depth, floor)}

    def make_not(self, depth, floor):
        return {"not": self.schema(depth, floor)}

    def make_conditional(self, depth, floor):
        parts = [p for p in ("if", "then", "else") if self.r.random() < 0.8]
        return {part: self.schema(depth, floor) for part in parts}

    def make_reference(self, depth, floor):
        r = self.r
        if floor is None and r.random() < 0.4:
            base = INNER if r.random() < 0.05 else ""  # ajv cannot
            return r.choice([{"$ref": "#"}, {"$dynamicRef": base + "#node"}])
        index = r.randrange(floor or 0, DEFINITIONS + 2)
        if index > DEFINITIONS:
            return {}
        if index == DEFINITIONS:
            return {"$ref": r.choice([INNER, "inner"])}
        bases = [ROOT, "root", ""] if self.base == ROOT else [ROOT, "root"]
        return {"$ref": r.choice(bases) + r.choice([f"#/$defs/d{index}", f"#d{index}"])}

    def object_schema(self, depth, floor):
        schema = {}
        for _ in range(self.r.choice([1, 2, 3, 4])):
            schema.update(self.r.choice(self.kinds)(depth, floor))
        return schema

    def root(self):
        """A schema with definitions, of which any may be dynamic, and a resource in it."""
        r = self.r
        definitions = {f"d{i}": {"$anchor": f"d{i}", **self.object_schema(1, i + 1)} for i in range(DEFINITIONS)}
        self.base = INNER
        inner = {"$id": r.choice([INNER, "inner"]), **self.object_schema(2, DEFINITIONS + 1)}
        inner["$dynamicAnchor"] = "node"
        self.base = ROOT
        root = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ROOT}
        root.update(self.object_schema(3, 0))
        r.choice([root, definitions["d0"], definitions["d1"]])["$dynamicAnchor"] = "node"
        return {**root, "$defs": {**definitions, "inner": inner}}
