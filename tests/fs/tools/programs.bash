# The tests of programs without a screen. Each has a writer: a function, called as WRITER FILE TEXT,
# that makes the file hold that text and a newline, in the way of its program.
load lib

# What a program leaves, and takes away, when it is refused, on ext4 too.
LITTER=()
GONE=()
SAYS=$(errno_text EBADMSG)
STALE=$(errno_text ESTALE)
INVALID=('{"name":"Alice","age":"old"}' '{"name":"Alice","age":') # refused by the schema, and cut off

person() { printf '{"name":"%s","age":%d}' "${2:-Alice}" "$1"; }

# source TEXT: the text in a file of another file system, $SOURCE.
SOURCE_NAME=a.json
source_of() {
    SOURCE=$OUT/$SOURCE_NAME
    printf '%s\n' "$1" >"$SOURCE"
}

# course INODE WRITER: the writer creates an entity, and edits it.
course() {
    make_people
    "$2" people/a.json "$(person 1)"
    course_goes_on "$@"
}

# edits INODE WRITER: as course, of a writer that needs something to edit.
edits() {
    make_people
    put people/a.json "$(person 1)"
    course_goes_on "$@"
}

course_goes_on() {
    is_at people/a.json 1
    edited "$1" "$2" 2
    edited "$1" "$2" 3
    put_by_other people/a.json "$(person 4)"
    edited "$1" "$2" 5
    local text
    for text in "${INVALID[@]}"; do
        not_taken "$2" "$text" 5
    done
    edited "$1" "$2" 6
}

# edited INODE WRITER N: one change is one version. INODE is what POSIX says of its number: kept,
# where the file itself is written; new, where another is moved there; free, where it is removed
# and made anew.
edited() {
    local before
    before=$(stat -c %i people/a.json)
    "$2" people/a.json "$(person "$3")"
    holds people/a.json "$(person "$3")"$'\n'
    is_at people/a.json "$3"
    case $1 in
    kept) same "$(stat -c %i people/a.json)" "$before" "the inode" ;;
    new) [[ $(stat -c %i people/a.json) != "$before" ]] || fail "it is the old inode, $before" ;;
    esac
}

# not_taken WRITER TEXT N: who writes is told, and everything is as it was.
not_taken() {
    local before text status=0
    before=$({ ls -A people && printf '%s\n' "${LITTER[@]}"; } |
        grep -vxF "$(printf '%s\n' '' "${GONE[@]}")" | sort -u)
    text=$("$1" people/a.json "$2" 2>&1 3>&-) || status=$?
    ((status != 0)) || fail "it took $2, and said: $text"
    has "$text" "$SAYS"
    same "$(ls -A people | sort)" "$before" "ls -A"
    holds people/a.json "$(person "$3")"$'\n'
    is_at people/a.json "$3"
    ((${#GONE[@]})) || json people/.errors/a.json '.errno == "EBADMSG"'
}

# the_backup FILE: it is an ordinary file with what there was before the last edit.
the_backup() {
    holds "$1" "$(person 5)"$'\n'
    if getfattr -n user.persistfs.version "$1" 2>/dev/null; then fail "$1 has a version"; fi
    lists people "a.json|${1##*/}|"
}

# overtaken COMMAND...: the command has $OTHER run after it has read the entity and before it writes
# it back; it is told, and what the other wrote stays.
overtaken() {
    OTHER=$OUT/other
    export OTHER
    printf '#!/bin/sh\necho '\''%s'\'' >people/a.json\n' "$(person 7 Other)" >"$OTHER"
    chmod +x "$OTHER"
    make_people
    put people/a.json "$(person 1)"
    local text status=0
    text=$("$@" 2>&1 3>&- </dev/null) || status=$?
    ((status != 0)) || fail "it was not told: $*" "  $text"
    has "$text" "$STALE"
    holds people/a.json "$(person 7 Other)"$'\n'
    is_at people/a.json 2
}
