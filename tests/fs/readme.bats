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
