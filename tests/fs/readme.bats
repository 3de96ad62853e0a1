# What README.md and the man page say is so.
load lib

ROOT=$(readlink -f "$BATS_TEST_DIRNAME/../..")

# The tour mounts for itself.
setup() { prepare; }

@test "the tour of the README, command by command" {
    export PATH=${PERSISTFS%/*}:$PATH
    STORES=("$HOME/store")
    cd "$ROOT"
    python3 "$BATS_TEST_DIRNAME/tour.py" README.md
}

# The rows of the program's tables. keywords REST: those whose row goes on like this.
keywords() {
    sed -nE "s/^ +\{\"([^\"]+)\", $1\},$/\1/p" "$ROOT/schema/schema_keywords.c" | sort
}
formats() { sed -nE 's/^ +\{"([^"]+)", .*/\1/p' "$ROOT/schema/format.c" | sort; }

@test "all of JSON Schema: each keyword of the metaschemas is known, and no other" {
    # Those of the draft before.
    old='additionalItems'
    same "$(keywords '[A-Z]+, .*' | grep -vx -e 'x-.*' -e "$old")" \
        "$(jq -r '.properties | keys[]' \
            "$ROOT"/schema/meta/{core,applicator,unevaluated,validation,meta-data,content,schema}.json \
            "$ROOT/schema/meta/format-assertion.json" | sort -u)"
    same "$(keywords '[A-Z]+, .*, NULL' | grep -vx -e 'x-.*')" ""
}

@test "the README and the man page have the x- keywords that there are" {
    there=$(keywords 'BEHAVIOUR, .*, compile_[a-z_]*')
    same "$(sed -nE 's/^\| `(x-[a-z-]+)` \|.*/\1/p' "$ROOT/README.md" | sort)" "$there"
    same "$(sed -nE 's/^\.It Li (x-[a-z-]+)$/\1/p' "$ROOT/fs/persistfs.1" | sort)" "$there"
}

@test "the x- keywords that the README misses are refused, by name" {
    start && cd "$MNT"
    missing=$(sed -n '/^## What is not there yet/,/^## /p' "$ROOT/README.md" |
        grep -o '`x-[a-z-]*`' | tr -d '`' | sort)
    same "$missing" "$(keywords 'BEHAVIOUR, .*, NULL')"
    for keyword in $missing; do
        refused EBADMSG put .schema/t.json "{\"$keyword\": []}"
        has "$(jq -r .detail .schema/.errors/t.json)" "\"$keyword\"" "not implemented"
    done
}

@test "the README and the man page have the formats that there are" {
    same "$(sed -n '/^\*\*Formats are/,/^$/p' "$ROOT/README.md" | grep -o '`[^`]*`' | tr -d '`' | sort)" \
        "$(formats)"
    same "$(sed -n '/^\.nh/,/^\.hy/{/^\./d;p}' "$ROOT/fs/persistfs.1" | tr ' ' '\n' | sort)" \
        "$(formats)"
}

@test "the classes of refusals are those of the program" {
    classes() { sed -nE 's/^ +X\([A-Z_]+, ([a-z_]+), ([A-Z]+),.*/\1 \2/p' "$ROOT/store/base/error.h"; }
    documented=$(sed -nE 's/^\| `([a-z_]+)` \| (E[A-Z, ]+) \|.*/\1 \2/p' "$ROOT/README.md" |
        while IFS=', ' read -r class errors; do
            for name in ${errors//,/ }; do echo "$class $name"; done
        done)
    # `misuse` is what the kernel or the shell catches on any file system.
    same "$(sort -u <<<"$documented")" \
        "$(classes | grep -v -e '^misuse ' -e '^internal ENOMEM' | sort -u)"
}

@test "every option of --help is in the README and in the man page" {
    options=$("$PERSISTFS" --help | sed -n '/^options:/,/^and/s/^    \([a-z_]*\).*/\1/p')
    has "$options" schema max_entity replace
    for option in $options; do
        has "$(cat "$ROOT/README.md")" "| \`$option"
        grep -q "Cm $option" "$ROOT/fs/persistfs.1" || fail "the man page lacks $option"
    done
}

# The rows of the README's table of saves: their second column, an example a line.
examples() {
    sed -n '/^## Every editor and tool/,/^## /s/^| [^|]* | \([^|]*\) | .*/\1/p' "$ROOT/README.md" |
        grep -vx -e 'for example' | sed 's/, /\n/g' | tr -d '`'
}

@test "each program that the README shows to save is one of the tests'" {
    tests=$(sed -nE 's/^@test "(.*)" \{.*/\1/p' "$BATS_TEST_DIRNAME"/{dances,placeholders}.bats \
        "$BATS_TEST_DIRNAME"/tools/*.bats)
    has "$(examples)" vim "sed -i" "git checkout" "python open('w')"
    while read -r example; do
        grep -qE "^$(sed 's/[][().*+?^$|\\]/\\&/g' <<<"$example")( |,|\$)" <<<"$tests" ||
            fail "there is no test of: $example"
    done < <(examples)
}

# constant FILE NAME: its value in that header.
constant() { sed -nE "s/^#define $2 +([^ ].*)/\1/p" "$ROOT/$1" | sed 's: */\*.*::'; }

@test "the README and the man page have the limits that there are" {
    same "$(constant fs/dance.h DANCE_GRACE)" "((int64_t)CLOCK_SECOND)"
    same "$(constant fs/dance.h DANCE_PER_PROCESS)" 8
    same "$(constant fs/model_internal.h MODEL_XATTR_NUMBER)" 64
    same "$(constant fs/model_internal.h MODEL_XATTR_SUM)" 65536
    for file in README.md fs/persistfs.1; do
        has "$(tr '\n' ' ' <"$ROOT/$file")" "after a second" "for up to a second" "eight names wait" \
            "at most 64, with 64 KiB" "needs Linux 6.6" O_TMPFILE EOPNOTSUPP
    done
}

@test "what others refer to: who removes it to make it anew is refused, who does not is not" {
    start && cd "$MNT"
    put .schema/docs.json '{}'
    put docs/a.json '{"n": 1}'
    put .schema/notes.json '{"properties": {"of": {"type": "string", "x-ref": "docs"}}}'
    put notes/x.json '{"of": "a"}'
    mkdir "$OUT/docs" && cd "$OUT"
    put docs/a.json '{"n": 2}'
    tar -cf a.tar docs && zip -q a.zip docs/a.json && echo docs/a.json | cpio -o --quiet -F a.cpio
    cd "$MNT"
    anew=("tar -xf $OUT/a.tar" "cpio -iu --quiet -F $OUT/a.cpio" "unzip -qo $OUT/a.zip"
        "install $OUT/docs/a.json docs/a.json" "mv $OUT/docs/a.json docs/a.json"
        "ruby -i -pe p docs/a.json")
    for command in "${anew[@]}"; do
        has "$($command 2>&1 </dev/null)" "File exists"
    done
    git init -q .
    git add docs
    git update-index --cacheinfo "100644,$(git hash-object -w "$OUT/docs/a.json"),docs/a.json"
    has "$(git checkout -f -- docs/a.json 2>&1)" "File exists"
    has_version docs/a.json 1
    cp "$OUT/docs/a.json" docs/a.json
    sed -i s/2/3/ docs/a.json
    vim -es -u NONE -i NONE -n -c 'set backupcopy=no' -c 's/3/4/' -c wq docs/a.json
    holds docs/a.json '{"n": 4}'$'\n'
    has_version docs/a.json 4
    put "$OUT/docs/docs.json" '{"title": "Docs"}'
    tar -C "$OUT/docs" -cf "$OUT/a.tar" docs.json
    fails 2 tar -C .schema -xf "$OUT/a.tar"
    has_version .schema/docs.json 1
}

@test "what waits is done for who looks at what came of it" {
    start && cd "$MNT"
    make_open
    python '
write("docs/b.json", b"{}")
for look in (lambda: os.listdir(".outbox/pending"), lambda: read("docs/b.meta"),
             lambda: read("docs/b.audit.jsonl"), lambda: os.fsync(os.open("docs", R))):
    write("docs/a.json", b"{}")
    os.unlink("docs/a.json")
    look()
    by_other("! test -e docs/a.json")'
}

@test "the ninth name that is gone settles the eight before it" {
    start && cd "$MNT"
    make_open
    python '
names = [f"docs/{n}.json" for n in range(9)]
for name in names: write(name, b"{}")
for name in names: os.unlink(name)
for name in names: write(name, b"{\"n\": 1}", W | CREAT | EXCL)
same([version(name) for name in names], [1] * 8 + [2])'
}

@test "renameat2 of entities" {
    start && cd "$MNT"
    make_open
    python '
write("docs/a.json", b"{\"a\": 1}")
write("docs/b.json", b"{\"b\": 1}")
refused(errno.EEXIST, rename2, "docs/a.json", "docs/b.json", NOREPLACE)
rename2("docs/a.json", "docs/b.json", EXCHANGE)
same([read("docs/a.json"), read("docs/b.json")], [b"{\"b\": 1}", b"{\"a\": 1}"])
same([version("docs/a.json"), version("docs/b.json")], [2, 2])
rename2("docs/a.json", "docs/c.json", NOREPLACE)
refused(errno.EINVAL, rename2, "docs/b.json", "docs/c.json", 4)'
}
