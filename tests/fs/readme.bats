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

# The words in backquotes of the table's row that begins like this.
row() { sed -n "s/^ *| $1 | //p" "$ROOT/README.md" | grep -o '`[^`]*`' | tr -d '`'; }

# What the mount says to a schema with that keyword.
verdict_on() {
    put .schema/t.json "{\"$1\": []}" 2>/dev/null || true
    jq -r '.detail' .schema/.errors/t.json 2>/dev/null || true
}

@test "the README names each keyword there is, and once" {
    same "$({ row there && row "not yet"; } | sort)" \
        "$(sed -nE '/^static const struct keyword/,/^}/s/^ +\{(\.name = )?"([^"]+)".*/\2/p' \
            "$ROOT/schema/schema_keywords.c" | sort)"
}

@test "the README's keywords are those that a schema may use" {
    start && cd "$MNT"
    for keyword in $(row there); do
        said=$(verdict_on "$keyword")
        lacks "$said" "not implemented" && lacks "$said" "is unknown" || fail "$keyword: $said"
    done
}

@test "the keywords that the README misses are refused, by name" {
    start && cd "$MNT"
    for keyword in $(row "not yet"); do
        has "$(verdict_on "$keyword")" "\"$keyword\"" "not implemented"
    done
}

@test "the man page and the README know the same keywords" {
    same "$(sed -n '/^\.nh/,/^\.hy/{/^\./d;p}' "$ROOT/fs/persistfs.1" | tr ' ' '\n' | sort)" \
        "$(row there | sort)"
}

@test "the README's formats are those that a schema may use" {
    start && cd "$MNT"
    formats=$(sed -n '/The formats are/,/uuid/p' "$ROOT/README.md" | sed 's/.*formats are//' |
        grep -o '`[^`]*`' | tr -d '`')
    same "$(wc -w <<<"$formats")" 9
    for format in $formats; do
        put ".schema/a.json" "{\"format\": \"$format\"}"
    done
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
