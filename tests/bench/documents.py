"""Documents for the schemas in schemas/: realistic, valid, and the same each time."""
import json
import random
import string

WORDS = (
    "amber basin cedar delta ember fjord grove harbor island juniper kestrel lantern meadow nectar "
    "orchard pebble quartz river saffron thicket umber valley willow yarrow zephyr café naïve straße"
).split()


def word(r):
    return r.choice(WORDS)


def phrase(r, least, most):
    return " ".join(word(r) for _ in range(r.randint(least, most)))


def ascii_word(r):
    return r.choice(WORDS[:-3])


def hexadecimal(r, digits):
    return "".join(r.choices("0123456789abcdef", k=digits))


def moment(r):
    day, hour = r.randint(1, 28), r.randint(0, 23)
    return f"20{r.randint(10, 29)}-{r.randint(1, 12):02}-{day:02}T{hour:02}:{r.randint(0, 59):02}:07Z"


def some(r, chance, **members):
    """Those members, or none."""
    return members if r.random() < chance else {}


def address(r):
    return {
        "street": f"{word(r).title()} {r.randint(1, 400)}",
        **some(r, 0.3, line2=f"Floor {r.randint(1, 20)}"),
        "city": word(r).title(),
        "zip": str(r.randint(10000, 99999)),
        "country": r.choice(["DE", "FR", "NL", "US", "JP"]),
    }


def payment(r):
    amount = round(r.uniform(1, 500), 2)
    return r.choice(
        [
            {"method": "card", "last4": f"{r.randint(0, 9999):04}", "amount": amount},
            {"method": "transfer", "iban": f"DE{r.randint(10**19, 10**20)}", "amount": amount},
            {"method": "voucher", "code": word(r).upper(), "amount": amount},
        ]
    )


def order_line(r):
    return {
        "sku": "".join(r.choices(string.ascii_uppercase + string.digits, k=8)) + "-EU",
        "title": phrase(r, 2, 6),
        "quantity": r.randint(1, 9),
        "price": round(r.uniform(1, 300), 2),
        "tax": r.choice([0, 7, 19]),
        **some(r, 0.4, options={"color": word(r), "gift": True, "size": r.randint(30, 50)}),
        **some(r, 0.3, tags=r.sample(WORDS, 4)),
    }


def order(r):
    name = phrase(r, 2, 3).title()
    return {
        "id": f"ORD-{r.randint(10**6, 10**9)}",
        "placed": moment(r),
        "status": r.choice(["new", "paid", "packed", "shipped", "delivered"]),
        "currency": r.choice(["EUR", "USD", "JPY"]),
        "customer": {
            "id": r.randint(1, 10**6),
            "name": name,
            "email": f"{ascii_word(r)}.{ascii_word(r)}@example.org",
            "phone": r.choice([None, "+49 30 1234567"]),
            "billing": address(r),
            **some(r, 0.5, shipping=address(r)),
        },
        "lines": [order_line(r) for _ in range(r.randint(1, 12))],
        "payments": [payment(r) for _ in range(r.randint(0, 3))],
        "total": round(r.uniform(1, 5000), 2),
        **some(r, 0.2, notes=[phrase(r, 5, 30)]),
    }


def position(r):
    return [round(r.uniform(-180, 180), 6), round(r.uniform(-90, 90), 6)]


def ring(r):
    points = [position(r) for _ in range(r.randint(4, 30))]
    return points + points[:1]


def geometry(r):
    kind = r.choice(["Point", "LineString", "Polygon", "MultiPolygon"])
    coordinates = {
        "Point": lambda: position(r),
        "LineString": lambda: ring(r),
        "Polygon": lambda: [ring(r)],
        "MultiPolygon": lambda: [[ring(r)] for _ in range(2)],
    }[kind]()
    return {"type": kind, "coordinates": coordinates}


def geojson(r):
    features = [
        {
            "type": "Feature",
            "id": i,
            "geometry": geometry(r),
            "properties": {"name": phrase(r, 1, 3), "population": r.randint(0, 10**7)},
        }
        for i in range(r.randint(1, 25))
    ]
    return {"type": "FeatureCollection", "name": word(r), "features": features}


def version(r):
    return f"{r.randint(0, 20)}.{r.randint(0, 30)}.{r.randint(0, 9)}"


def dependencies(r):
    names = {r.choice(["", "@scope/"]) + ascii_word(r) + "-" + ascii_word(r) for _ in range(r.randint(1, 25))}
    return {name: r.choice(["^", "~", ""]) + version(r) for name in sorted(names)}


def manifest(r):
    name = f"{ascii_word(r)}-{ascii_word(r)}"
    person = {"name": phrase(r, 2, 2).title(), "email": f"{ascii_word(r)}@example.org"}
    path = {"types": "./types/index.d.ts", "import": "./lib/index.js", "default": "./lib/index.cjs"}
    return {
        "name": name,
        "version": version(r),
        "description": phrase(r, 4, 12),
        "keywords": r.sample(WORDS, r.randint(1, 8)),
        "homepage": f"https://example.org/{name}#readme",
        **some(r, 0.7, bugs={"url": f"https://example.org/{name}/bugs"}),
        "license": "MIT",
        "author": r.choice([person, person["name"]]),
        "contributors": [person] * r.randint(0, 3),
        "files": ["lib", "types"],
        **some(r, 0.6, type="module", exports={".": path, "./sub": "./lib/sub.js"}),
        "main": "./lib/index.js",
        **some(r, 0.4, bin={name: "./bin/run.js"}),
        "scripts": {key: phrase(r, 2, 6) for key in ("build", "test", "lint", "prepare")},
        "dependencies": dependencies(r),
        "devDependencies": dependencies(r),
        "engines": {"node": ">=18"},
        **some(r, 0.2, _resolved="registry"),
    }


def api_schema(r, depth):
    if depth == 0 or r.random() < 0.3:
        return r.choice(
            [
                {"$ref": "#/components/schemas/" + ascii_word(r)},
                {"type": "string", "maxLength": r.randint(1, 200), "description": phrase(r, 2, 8)},
                {"type": ["integer", "null"], "minimum": 0},
                {"enum": [word(r) for _ in range(3)]},
            ]
        )
    if r.random() < 0.3:
        return {"type": "array", "items": api_schema(r, depth - 1)}
    members = {word(r): api_schema(r, depth - 1) for _ in range(r.randint(1, 6))}
    return {"type": "object", "properties": members, "required": sorted(members)[:2]}


def api_operation(r):
    body = {"content": {"application/json": {"schema": api_schema(r, 2)}}}
    return {
        "operationId": ascii_word(r) + ascii_word(r).title(),
        "summary": phrase(r, 3, 8),
        "tags": [word(r)],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
        ],
        **some(r, 0.4, requestBody={**body, "required": True}),
        "responses": {"200": {"description": "Done", **body}, "default": {"description": "An error"}},
    }


def openapi(r):
    names = sorted({ascii_word(r) for _ in range(r.randint(1, 8))})
    methods = ["get", "put", "post", "delete"]
    return {
        "openapi": "3.1.0",
        "info": {"title": phrase(r, 2, 4), "version": version(r)},
        "servers": [{"url": "https://example.org/v1"}],
        "paths": {
            f"/{name}/{{id}}": {m: api_operation(r) for m in r.sample(methods, r.randint(1, 3))}
            for name in names
        },
        "components": {"schemas": {name: api_schema(r, 3) for name in names}},
        "tags": [{"name": name} for name in names],
    }


def step(r):
    name = {"name": phrase(r, 2, 4)}
    if r.random() < 0.5:
        return {**name, "uses": f"actions/{ascii_word(r)}@v{r.randint(1, 5)}", "with": {"depth": 1, "cache": True}}
    return {**name, "run": f"make {word(r)}", **some(r, 0.5, shell="bash"), **some(r, 0.3, env={"CI": True})}


def job(r):
    if r.random() < 0.15:
        return {"uses": "./workflows/release.json", "with": {"channel": word(r)}}
    return {
        "name": phrase(r, 1, 3),
        **some(r, 0.3, needs=["lint"]),
        "runs-on": r.choice(["debian-12", ["self-hosted", "arm64"]]),
        "timeout-minutes": r.randint(5, 60),
        **some(r, 0.5, strategy={"matrix": {"os": ["a", "b"], "node": [18, 20]}, "fail-fast": False}),
        "steps": [step(r) for _ in range(r.randint(2, 12))],
    }


def workflow(r):
    filters = {"push": {"branches": ["main", "release/*"]}, "pull_request": None}
    return {
        "name": phrase(r, 1, 3),
        "on": r.choice(["push", ["push", "pull_request"], filters, {"schedule": [{"cron": "0 4 * * 1"}]}]),
        **some(r, 0.5, env={"DEBUG": "1", "JOBS": 4}),
        "permissions": r.choice(["read-all", {"contents": "read", "packages": "write"}]),
        **some(r, 0.5, concurrency={"group": word(r), "cancel": True}),
        "jobs": {ascii_word(r): job(r) for _ in range(r.randint(1, 6))},
    }


def telemetry(r):
    identifier = "-".join(hexadecimal(r, n) for n in (8, 4, 4, 4, 12))
    return {
        "time": moment(r),
        "id": identifier,
        "level": r.choice(["debug", "info", "info", "info", "warn", "error"]),
        "service": ascii_word(r),
        "host": f"{ascii_word(r)}-{r.randint(1, 99)}.example.org",
        "address": f"10.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(0, 255)}",
        "message": phrase(r, 3, 25),
        "trace": hexadecimal(r, 32),
        "span": hexadecimal(r, 16),
        "kind": r.choice(["client", "server", "internal"]),
        **some(r, 0.7, http={"method": "GET", "status": 200, "path": "/" + word(r), "bytes": r.randint(0, 10**6)}),
        "duration": round(r.expovariate(0.1), 3),
        "cpu": round(r.random(), 4),
        "memory": 4096 * r.randint(1, 10**6),
        "counters": {word(r): r.randint(0, 10**9) for _ in range(r.randint(0, 8))},
        **some(r, 0.3, samples=[round(r.gauss(0, 1), 3) for _ in range(32)]),
        "labels": {word(r): word(r) for _ in range(r.randint(0, 6))},
    }


def block(r, depth):
    kind = r.choice(["text", "text", "image", "link"] + ["section", "list"] * (depth > 0))
    return {
        "kind": kind,
        "id": hexadecimal(r, 8),
        **{
            "text": lambda: {"text": phrase(r, 3, 40), **some(r, 0.5, style=["bold", 2])},
            "image": lambda: {"source": f"/images/{ascii_word(r)}.png", "width": 640, "height": 480},
            "link": lambda: {"target": f"https://example.org/{ascii_word(r)}", "title": word(r)},
            "section": lambda: {"title": phrase(r, 1, 5), "level": 9 - depth, **children(r, depth)},
            "list": lambda: children(r, depth),
        }[kind](),
    }


def children(r, depth):
    return {"children": [block(r, depth - 1) for _ in range(r.randint(1, 5))]}


def page(r):
    return {"kind": "page", "title": phrase(r, 1, 5), **children(r, 6)}


MAKERS = [order, geojson, manifest, openapi, workflow, telemetry, page]
NAMES = [maker.__name__ for maker in MAKERS]


def lines_of(name, count):
    """JSON lines: the first documents of that kind."""
    maker = MAKERS[NAMES.index(name)]
    r = random.Random(name)
    documents = (maker(r) for _ in range(count))
    return "".join(json.dumps(d, ensure_ascii=False, separators=(",", ":")) + "\n" for d in documents)
