# Empty files that have an entity's name, until their first valid content makes them entities.
load lib

# has_been_made FILE: the entity is at version 1, with one record, of its creation.
has_been_made() {
    has_version "$1" 1
    same "$(records "$1")" 1
    json "${1%.json}.audit.jsonl" '.op == "create"'
}

# empty FILE: it is there, is listed once, and has nothing in it.
empty() {
    same "$(stat -c '%s %F' "$1")" "0 regular empty file"
    holds "$1" ""
    same "$(ls -a "$(dirname "$1")" | grep -cxF -e "$(basename "$1")")" 1 "how often $1 is listed"
}

# What there is of ordinary files and placeholders, in the store.
kept() { find "$STORE/files" -mindepth 2 -printf '%f\n' | sort | xargs; }

@test "touch makes an empty file, and its first content an entity" {
    make_open
    touch docs/a.json
    empty docs/a.json
    is_absent docs/a.meta
    is_absent docs/a.audit.jsonl
    same "$(ls .outbox/pending)" ""
    put docs/a.json '{"n": 1}'
    has_been_made docs/a.json
    same "$(kept)" ""
    same "$(ls docs)" a.json
}

@test "it is there after a remount, and becomes an entity then" {
    make_open
    touch -d 2001-02-03T04:05:06.5Z docs/a.json
    chmod 640 docs/a.json
    chown 1234:4321 docs/a.json
    same "$(kept)" a.json
    restart
    empty docs/a.json
    same "$(TZ=UTC stat -c '%a %u:%g %y' docs/a.json)" \
        "640 1234:4321 2001-02-03 04:05:06.500000000 +0000"
    put docs/a.json '{"n": 1}'
    has_been_made docs/a.json
    same "$(stat -c '%a %u:%g' docs/a.json)" "640 1234:4321"
    same "$(kept)" ""
    restart
    holds docs/a.json '{"n": 1}'$'\n'
    same "$(kept)" ""
}

@test "it is there after kill -9" {
    make_open
    touch docs/a.json docs/b.json
    rm docs/b.json
    crash_and_clear
    start && cd "$MNT"
    empty docs/a.json
    same "$(ls docs)" a.json
    put docs/a.json '{}'
    has_been_made docs/a.json
}

@test "attributes are set whether it is open or not" {
    make_open
    exec 7>docs/a.json
    chmod 644 docs/a.json
    touch -d 1969-12-31T23:59:59.5Z docs/a.json
    exec 7>&-
    touch docs/b.json
    chmod 600 docs/b.json
    touch -d 2300-01-01Z docs/b.json
    touch -a -d 2001-02-03Z docs/b.json
    touch -m -d 2002-02-03Z docs/b.json
    for again in 1 2; do
        same "$(TZ=UTC stat -c '%a %y' docs/a.json)" "644 1969-12-31 23:59:59.500000000 +0000"
        same "$(TZ=UTC stat -c '%a %x %y' docs/b.json)" \
            "600 2001-02-03 00:00:00.000000000 +0000 2002-02-03 00:00:00.000000000 +0000"
        restart
    done
}

@test "a redirection that writes nothing makes one; of one that is there it stays" {
    make_open
    : >docs/a.json
    empty docs/a.json
    : >docs/a.json
    : >>docs/a.json
    truncate -s 0 docs/a.json
    cp /dev/null docs/a.json
    empty docs/a.json
    same "$(ls docs)" a.json
    append docs/a.json '{"n": 1}'
    has_been_made docs/a.json
    : >docs/a.json
    holds docs/a.json '{"n": 1}'$'\n'
}

@test "a first content that is refused leaves nothing, unless the file was there before" {
    make_users
    refused EBADMSG put users/a.json '{"name": 1}'
    put "$OUT/half" '{"name":'
    refused EBADMSG cp "$OUT/half" users/b.json
    is_absent users/a.json
    same "$(ls -A users)" ""
    same "$(kept)" ""
    touch -d 2001-02-03Z users/a.json
    refused EBADMSG put users/a.json '{"name": 1}'
    refused EBADMSG cp "$OUT/half" users/a.json
    empty users/a.json
    same "$(TZ=UTC stat -c %y users/a.json)" "2001-02-03 00:00:00.000000000 +0000"
    restart
    empty users/a.json
    put users/a.json "$ALICE"
    has_been_made users/a.json
}

@test "a group of commands that writes in the end makes an entity at once" {
    make_open
    { true && cat /dev/null && echo '{"n":' && cat <<<'1}'; } >docs/a.json
    has_been_made docs/a.json
    same "$(kept)" ""
}

@test "rm removes it, and what has it open writes to nothing" {
    make_open
    touch docs/a.json
    exec 7>docs/a.json
    rm docs/a.json
    is_absent docs/a.json
    refused ESTALE bash -c 'echo {} >&7'
    exec 7>&-
    is_absent docs/a.json
    same "$(kept)" ""
    restart
    same "$(ls -A docs)" ""
}

@test "mv to another name, and to another collection" {
    make_open
    make_open other
    touch -d 2001-02-03Z docs/a.json
    mv docs/a.json docs/b.json
    is_absent docs/a.json
    empty docs/b.json
    mv docs/b.json other/c.json
    same "$(ls -A docs other | xargs)" "docs: other: c.json"
    restart
    empty other/c.json
    same "$(TZ=UTC stat -c %y other/c.json)" "2001-02-03 00:00:00.000000000 +0000"
    put other/c.json '{}'
    has_been_made other/c.json
    same "$(kept)" ""
}

@test "mv while it is open, and before it was ever closed" {
    make_open
    exec 7>docs/a.json
    mv docs/a.json docs/b.json
    exec 7>&-
    empty docs/b.json
    same "$(ls docs)" b.json
    exec 7>docs/c.json
    mv docs/c.json docs/b.json
    echo '{"n": 1}' >&7
    exec 7>&-
    same "$(ls docs)" b.json
    has_been_made docs/b.json
    same "$(kept)" ""
}

@test "mv onto another empty file replaces it" {
    make_open
    before=$(used)
    touch -d 2001-02-03Z docs/a.json
    touch docs/b.json
    mv docs/a.json docs/b.json
    same "$(ls docs)" b.json
    same "$(TZ=UTC stat -c %Y docs/b.json)" 981158400
    same "$(used)" $((before + 1024))
    restart
    same "$(ls docs)" b.json
    same "$(used)" $((before + 1024))
}

@test "mv onto an entity is refused, and mv of an entity onto one replaces it" {
    make_open
    put docs/e.json '{"n": 1}'
    touch docs/a.json docs/b.json
    refused EBADMSG mv docs/a.json docs/e.json
    empty docs/a.json
    holds docs/e.json '{"n": 1}'$'\n'
    mv docs/e.json docs/a.json
    same "$(ls docs | xargs)" "a.json b.json"
    has_version docs/a.json 2
    same "$(kept)" b.json
    python '
refused(errno.EEXIST, rename2, "docs/b.json", "docs/a.json", NOREPLACE)
refused(errno.EINVAL, rename2, "docs/b.json", "docs/a.json", EXCHANGE)
rename2("docs/b.json", "docs/c.json", NOREPLACE)
rename2("docs/c.json", "docs/b.json", NOREPLACE)'
    same "$(ls docs | xargs)" "a.json b.json"
}

@test "mv to an ordinary name makes it an ordinary file, and back" {
    make_open
    before=$(used)
    touch -d 2001-02-03Z docs/a.json
    chmod 640 docs/a.json
    mv docs/a.json docs/notes.txt
    same "$(ls -A docs)" notes.txt
    same "$(TZ=UTC stat -c '%s %a %Y' docs/notes.txt)" "0 640 981158400"
    mv docs/notes.txt docs/b.json
    same "$(ls -A docs)" b.json
    empty docs/b.json
    same "$(TZ=UTC stat -c '%a %Y' docs/b.json)" "640 981158400"
    same "$(used)" $((before + 1024))
    mv docs/b.json plain
    put plain hello
    holds plain hello$'\n'
    restart
    same "$(ls -A docs)" ""
    holds plain hello$'\n'
}

@test "an ordinary empty file becomes one where there is none, or another one" {
    make_open
    put docs/e.json '{"n": 1}'
    : >docs/x
    refused EBADMSG mv docs/x docs/e.json
    is_there docs/x
    touch docs/a.json
    mv docs/x docs/a.json
    empty docs/a.json
    same "$(ls docs | xargs)" "a.json e.json"
    mktemp -p docs >"$OUT/name"
    mv "$(cat "$OUT/name")" docs/b.json
    same "$(ls docs | xargs)" "a.json b.json e.json"
    put docs/b.json '{}'
    has_been_made docs/b.json
    holds docs/e.json '{"n": 1}'$'\n'
    same "$(kept)" a.json
}

@test "what is written moved onto one is its first version" {
    make_open
    touch docs/a.json
    put docs/tmp '{"n": 1}'
    mv docs/tmp docs/a.json
    has_been_made docs/a.json
    touch docs/b.json
    put docs/tmp '{"n":'
    refused EBADMSG mv docs/tmp docs/b.json
    empty docs/b.json
    put "docs/b.json@0" '{"n": 2}'
    has_been_made docs/b.json
    rm docs/b.json docs/tmp
    same "$(ls docs)" a.json
    same "$(kept)" ""
}

@test "a collection that has one is not empty" {
    make_open
    make_open other
    touch docs/a.json
    for again in 1 2; do
        refused ENOTEMPTY rmdir docs
        refused ENOTEMPTY rm .schema/docs.json
        refused ENOTEMPTY mv -T other docs
        restart
    done
    exec 7>other/b.json
    refused ENOTEMPTY rmdir other
    refused ENOTEMPTY mv -T docs other
    exec 7>&-
    rm docs/a.json other/b.json
    rmdir docs other
    same "$(ls -A)" .outbox$'\n'.schema
    same "$(kept)" ""
}

@test "a collection is dropped while files are made in it: one of the two is told" {
    for round in {1..20}; do
        mkdir docs
        (for i in {1..20}; do touch docs/$i.json 2>/dev/null; done) &
        rmdir docs 2>/dev/null || true
        wait $! || true
        [[ ! -e docs ]] || rm -r docs
        same "$(kept)" ""
    done
}

@test "a schema, too" {
    touch .schema/docs.json
    empty .schema/docs.json
    is_absent docs
    restart
    empty .schema/docs.json
    put .schema/docs.json '{}'
    has_been_made .schema/docs.json
    touch .schema/other.json
    mkdir other
    holds .schema/other.json "{}"$'\n'
    same "$(ls .schema | xargs)" "docs.json other.json"
    rmdir docs other
    same "$(kept)" ""
    same "$(ls .schema)" ""
}

@test "it counts as an ordinary file does" {
    cd / && stop
    start -o files_max=3072 && cd "$MNT"
    make_open
    touch docs/{1,2,3}.json
    refused ENOSPC touch docs/4.json
    put docs/1.json '{}'
    touch docs/4.json
    refused ENOSPC put docs/notes.txt ""
    rm docs/*.json
    same "$(used)" 0
}

@test "whoever makes one has it" {
    cd / && stop
    reachable
    start -o allow_other && cd "$MNT"
    make_open
    chmod 777 docs
    as 1234 touch docs/a.json
    same "$(stat -c '%a %u:%g' docs/a.json)" "600 1234:1234"
    refused EACCES as 4321 cat docs/a.json
    refused EPERM as 4321 chmod 644 docs/a.json
    chown 0:77 docs && chmod 2777 docs
    as 1234 touch docs/b.json
    put "$OUT/x" '{}' && chmod 644 "$OUT/x"
    as 1234 cp "$OUT/x" docs/c.json
    same "$(stat -c '%u:%g' docs/b.json docs/c.json | xargs)" "1234:77 1234:77"
    cd / && stop
    start -o allow_other && cd "$MNT"
    same "$(stat -c '%a %u:%g' docs/a.json docs/b.json | xargs)" "600 1234:1234 600 1234:77"
    as 1234 cp "$OUT/x" docs/a.json
    has_been_made docs/a.json
}

@test "2000 of them are listed, and removed" {
    make_open
    names=$(seq -f 'n%04g.json' 2000)
    (cd docs && xargs touch <<<"$names")
    same "$(ls docs)" "$names"
    same "$(stat -c %n docs/* | wc -l)" 2000
    restart
    same "$(ls docs)" "$names"
    python '
seen = []
with os.scandir("docs") as entries:
    for entry in entries:
        same(entry.stat().st_size, 0)
        seen.append(entry.name)
same(len(seen), 2000)
same(len(set(seen)), 2000)'
    put docs/n0007.json '{}'
    has_been_made docs/n0007.json
    same "$(ls docs)" "$names"
    rm -r docs
    same "$(kept)" ""
    same "$(used)" 0
}

@test "what is in the folder and is no such file is never shown, nor followed" {
    make_open
    put docs/e.json '{"n": 1}'
    touch docs/a.json
    cd / && stop
    folder=$(dirname "$(find "$STORE/files" -name a.json)")
    put "$OUT/secret" hello
    ln -s "$OUT/secret" "$folder/link.json"
    put "$folder/full.json" hello
    mkdir "$folder/folder.json"
    mkfifo "$folder/pipe.json"
    : >"$folder/e.json"
    : >"$folder/#x.json"
    start -o ro && cd "$MNT"
    same "$(ls docs | xargs)" "a.json e.json"
    holds docs/e.json '{"n": 1}'$'\n'
    is_there "$folder/e.json"
    restart
    same "$(ls docs | xargs)" "a.json e.json"
    holds docs/e.json '{"n": 1}'$'\n'
    is_absent "$folder/e.json"
    for name in link full folder pipe; do
        is_absent docs/$name.json
        put docs/$name.json '{}'
        has_been_made docs/$name.json
    done
    holds "$OUT/secret" hello$'\n'
    : >"$folder/e.json"
    rm docs/e.json
    is_absent docs/e.json
    is_absent "$folder/e.json"
}

@test "mknod makes one, as tar does when it sets attributes before it writes" {
    mkdir docs
    python3 -c 'import os, stat; os.mknod("docs/a.json", 0o644 | stat.S_IFREG)'
    same "$(stat -c "%s %F" docs/a.json)" "0 regular empty file"
    put docs/a.json '{"a": 1}'
    setfattr -n user.mine -v 1 docs/a.json
    tar --xattrs -cf "$OUT/docs.tar" docs
    rm docs/a.json
    tar --xattrs -xf "$OUT/docs.tar"
    holds docs/a.json '{"a": 1}'$'\n'
    refused EPERM mkfifo docs/b.json
}
