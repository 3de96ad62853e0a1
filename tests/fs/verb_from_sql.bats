#!/usr/bin/env bats
# persistfs schema from-sql: what it prints where, and schemas the mount takes.

load lib

setup() { prepare; }

# sql TEXT: a file of that text.
sql() { printf '%s\n' "$1" >"$OUT/in.sql"; }

from_sql() { "$PERSISTFS" schema from-sql "$@" 3>&-; }

TWO='CREATE TABLE teams (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE users (id integer PRIMARY KEY, email varchar(20) NOT NULL UNIQUE,
  age smallint CHECK (age >= 18), kind text NOT NULL DEFAULT $$new$$,
  team integer REFERENCES teams ON DELETE SET NULL);'

@test "one table is a schema" {
    sql "CREATE TABLE t (a bigint NOT NULL);"
    from_sql "$OUT/in.sql" >"$OUT/t.json" 2>"$OUT/notes"
    json "$OUT/t.json" '.title == "t" and .required == ["a"] and .properties.a == {type: "integer"}'
    holds "$OUT/notes" ""
}

@test "several are one object, and --table picks one" {
    sql "$TWO"
    from_sql "$OUT/in.sql" >"$OUT/all.json" 2>/dev/null
    json "$OUT/all.json" 'keys == ["teams", "users"] and .users.properties.team["x-ref"] == "teams"'
    from_sql --table users "$OUT/in.sql" >"$OUT/users.json" 2>/dev/null
    json "$OUT/all.json" '.users == $one[0]' --slurpfile one "$OUT/users.json"
    fails 1 from_sql -t nobody "$OUT/in.sql"
    has "$said" "there is no table for a collection nobody"
}

@test "it reads standard input, and names what it leaves out" {
    from_sql - >"$OUT/t.json" 2>"$OUT/notes" <<'END'
CREATE TABLE t (a bigint, b timestamp DEFAULT now(),
  CHECK (a > 5 AND lower(c) = c));
CREATE VIEW v AS SELECT 1;
CREATE VIEW w AS SELECT 2;
END
    has "$(<"$OUT/notes")" "-:1: t.b: DEFAULT now() is not a value that can be translated" \
        "-:2: t: CHECK (lower(c) = c) is not translated" "-:3: CREATE VIEW: left out, 2 in all"
    json "$OUT/t.json" '.properties.a.exclusiveMinimum == 5'
}

@test "--output writes a file a table, and never over one that differs" {
    sql "$TWO"
    from_sql --output "$OUT/schemas" "$OUT/in.sql" 2>/dev/null
    same "$(cd "$OUT/schemas" && echo *)" "teams.json users.json"
    from_sql -d "$OUT/schemas" "$OUT/in.sql" 2>/dev/null
    put "$OUT/schemas/teams.json" '{"mine": true}'
    rm "$OUT/schemas/users.json"
    fails 1 from_sql -d "$OUT/schemas" "$OUT/in.sql"
    has "$said" "teams.json: it is there, and differs: not written"
    json "$OUT/schemas/teams.json" '.mine'
    json "$OUT/schemas/users.json" '.title == "users"'
}

@test "a text that cannot be read is refused with its line and column" {
    sql $'CREATE TABLE t (\n  a int,\n  b int DEFAULT)'
    fails 1 from_sql "$OUT/in.sql"
    has "$said" "in.sql" "line 3, column 16: expected a default, not )"
    fails 1 from_sql "$OUT/nowhere.sql"
    sql "SELECT 1;"
    fails 1 from_sql "$OUT/in.sql"
    has "$said" "there is no CREATE TABLE"
}

@test "misuse" {
    fails 2 from_sql
    fails 2 from_sql a b
    fails 2 from_sql --wrong a
    fails 2 from_sql --dialect oracle a
    has "$said" "there is no dialect oracle"
    fails 0 from_sql --help
    has "$said" "--output DIR"
}

@test "--dialect" {
    sql "CREATE TABLE t (a integer NOT NULL, b timestamp NOT NULL);"
    from_sql --dialect sqlite "$OUT/in.sql" >"$OUT/t.json" 2>/dev/null
    json "$OUT/t.json" '.properties.a == {type: "integer"}'
    from_sql --dialect mysql "$OUT/in.sql" >"$OUT/t.json" 2>/dev/null
    json "$OUT/t.json" '.properties.b.format == "date-time" and .properties.a.maximum == 2147483647'
}

@test "the .schema of sqlite3 becomes collections" {
    sqlite3 "$OUT/db" 'CREATE TABLE teams (id INTEGER PRIMARY KEY AUTOINCREMENT, [full name] TEXT);
        CREATE TABLE users (email TEXT PRIMARY KEY NOT NULL CHECK (length(email) > 2),
            kind TEXT NOT NULL DEFAULT "new" CHECK (kind IN ("new", "old")),
            team INTEGER REFERENCES teams(id) ON DELETE SET NULL);
        CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM teams; SELECT 1; END;
        CREATE VIEW v AS SELECT * FROM users;'
    sqlite3 "$OUT/db" .schema >"$OUT/db.sql"
    from_sql -d "$OUT/schemas" "$OUT/db.sql" 2>"$OUT/notes"
    same "$(cd "$OUT/schemas" && echo *)" "teams.json users.json"
    start
    cd "$MNT"
    cp "$OUT/schemas"/*.json .schema/
    put teams/red.json '{"full name": "The reds"}'
    put users/a.json '{"email": "a@x.org", "team": "red"}'
    json users/a.json '.kind == "new"'
    refused EBADMSG put_by_other users/b.json '{"email": "b", "team": null}'
    refused EBADMSG put_by_other users/b.json '{"email": "b@x.org", "kind": "odd"}'
    refused EEXIST put_by_other users/b.json '{"email": "a@x.org"}'
}
