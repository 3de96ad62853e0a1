# What the tests with real programs share: ../lib.bash, with the folders of a test outside /tmp, as
# vim and emacs make no backup of what is there.
PERSISTFS=${PERSISTFS:-$(readlink -f "$BATS_TEST_DIRNAME/../../..")/build/persistfs}
load ../lib

AWAY=${AWAY:-/var/tmp}

setup() {
    away
    start
    cd "$MNT"
}

away() {
    BATS_TEST_TMPDIR=$(mktemp -d "$AWAY/persistfs-tools.XXXXXX")
    prepare
    PYTHONPATH=$BATS_TEST_DIRNAME/..
}

teardown() { teardown_of_tools; }

teardown_of_tools() {
    local bad=0
    teardown_of_lib || bad=1
    rm -rf --one-file-system "$BATS_TEST_TMPDIR"
    return "$bad"
}

PEOPLE_SCHEMA='{
  "type": "object",
  "required": ["name"],
  "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
  "x-outbox": true
}'

make_people() { put .schema/people.json "$PEOPLE_SCHEMA"; }

events_of() {
    find .outbox/pending -name '*.json' -exec jq -r '.collection + "/" + .id' {} + | grep -cxF "$1"
}

# state FILE: what a change leaves behind.
state() {
    echo "version $(version "$1") records $(records "$1") events $(events_of "${1%.json}")" \
        "inode $(stat -c %i "$1")"
}

# is_at FILE N [INODE]: N changes, each with one version, one record, one event; all but the first
# are updates, of the same inode.
is_at() {
    local inode=${3:-$(stat -c %i "$1")} updates
    updates=$(yes update | head -n $(($2 - 1)) | xargs)
    same "$(state "$1")" "version $2 records $2 events $2 inode $inode" "$1" || return
    same "$(jq -r .op "${1%.json}.audit.jsonl" | xargs)" \
        "create${updates:+ $updates}" "the records of $1"
}

at_version() { [[ $(version "$1") == "$2" ]]; }

lists() { same "$(ls -A "$1" | xargs -r -d '\n' printf '%s|')" "$2" "ls -A $1"; }
