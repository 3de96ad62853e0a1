# What the tests of a mount share. Each test has a store, a mount and a home of its own:
#
#   $STORE  the store       $MNT  where it is mounted; the test runs in it
#   $OUT    a folder on another file system than the mount, for files on their way in
#
# Nothing here sleeps to wait for something: a mount is usable when the program returns, a daemon's
# end is an event. Only `until_true` polls, where there is none.

PERSISTFS=${PERSISTFS:-$(readlink -f "$BATS_TEST_DIRNAME/../..")/build/persistfs}
TEST_LIMIT=${TEST_LIMIT:-120} # seconds, after which the daemons are killed, so that calls return

# --- the life of a mount

setup() {
    prepare
    start
    cd "$MNT"
}

prepare() {
    [[ -x $PERSISTFS ]] || fail "there is no program; name it in \$PERSISTFS" || return
    STORE=$BATS_TEST_TMPDIR/store
    MNT=$BATS_TEST_TMPDIR/mnt
    OUT=$BATS_TEST_TMPDIR/out
    LOGS=$BATS_TEST_TMPDIR/logs
    MOUNTS=()  # "store|mount point" of what is mounted
    STORES=()  # what teardown checks
    DAEMONS=() # every one there was
    export HOME=$BATS_TEST_TMPDIR/home LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
    export PYTHONPATH=$BATS_TEST_DIRNAME
    export ASAN_OPTIONS=log_path=$LOGS/sanitizer:detect_leaks=1:halt_on_error=1
    export UBSAN_OPTIONS=log_path=$LOGS/sanitizer:halt_on_error=1:print_stacktrace=1
    mkdir -p "$MNT" "$OUT" "$LOGS" "$HOME"
    chmod 1777 "$LOGS"
    watch_over
}

# Ends what hangs: when a daemon dies, the kernel answers its clients' calls.
watch_over() {
    (
        cd /
        trap 'kill "$nap" 2>/dev/null; exit' TERM
        sleep "$TEST_LIMIT" &
        nap=$!
        wait "$nap"
        echo "the test took more than $TEST_LIMIT s" >"$LOGS/sanitizer.limit"
        for lock in "$BATS_TEST_TMPDIR"/*/lock "$BATS_TEST_TMPDIR"/*/*/lock; do
            kill -KILL "$(cat "$lock")"
        done 2>/dev/null
    ) 3>&- >/dev/null 2>&1 &
    WATCHER=$!
}

# start [OPTION...]: mounts $STORE at $MNT.
start() {
    mount_at "$STORE" "$MNT" "$@"
}

# mount_at STORE MOUNTPOINT [OPTION...]
mount_at() {
    local status=0
    "$PERSISTFS" "$@" >"$LOGS/start" 2>&1 3>&- || status=$?
    if ((status != 0)); then
        fail "persistfs $* ended with $status:" "$(cat "$LOGS/start")" "$(sanitizer_logs)"
    fi
    mountpoint -q "$2" || fail "persistfs returned 0, and nothing is mounted at $2"
    MOUNTS+=("$1|$2")
    DAEMONS+=("$(daemon_of "$1")")
    add_store "$1"
}

# start_foreground [OPTION...]: with -f; what it logs is in $LOGS/stderr.
start_foreground() {
    "$PERSISTFS" "$STORE" "$MNT" -f "$@" >"$LOGS/stdout" 2>"$LOGS/stderr" 3>&- &
    until_true 10 mountpoint -q "$MNT"
    MOUNTS+=("$STORE|$MNT")
    DAEMONS+=("$(daemon_of "$STORE")")
    add_store "$STORE"
}

add_store() {
    local store
    for store in "${STORES[@]}"; do [[ $store != "$1" ]] || return 0; done
    STORES+=("$1")
}

# The pid that has the store.
daemon_of() { tr -d '\n' <"${1:-$STORE}/lock"; }

# ended PID...: returns when these processes have ended; fails after 20 s.
ended() {
    python3 - "$@" <<'END'
import os, select, sys
for pid in map(int, sys.argv[1:]):
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        continue
    if not select.select([fd], [], [], 20)[0]:
        sys.exit(f"the process {pid} is still there after 20 s")
END
}

# stop [MOUNTPOINT]: unmounts, as a user does, and waits for the daemon to end.
stop() {
    local mnt=${1:-$MNT} entry pid rest=()
    [[ $PWD/ != "$mnt"/* ]] || cd /
    for entry in "${MOUNTS[@]}"; do
        if [[ ${entry#*|} == "$mnt" ]]; then
            pid=$(daemon_of "${entry%%|*}")
        else
            rest+=("$entry")
        fi
    done
    fusermount3 -u "$mnt" || return 1
    MOUNTS=("${rest[@]}")
    ended "$pid"
}

# restart [OPTION...]: as after a reboot.
restart() {
    stop && start "$@" && cd "$MNT"
}

# kill -9, and what the daemon leaves behind: a mount that does not answer.
crash() {
    local pid
    pid=$(daemon_of "$STORE")
    cd /
    kill -KILL "$pid"
    ended "$pid"
}

# crash, and clears the dead mount.
crash_and_clear() {
    crash
    fusermount3 -u "$MNT"
    MOUNTS=()
}

sanitizer_logs() {
    local log
    for log in "$LOGS"/sanitizer*; do
        [[ ! -e $log ]] || { echo "$log:" && head -n 60 "$log"; }
    done
}

# The store that is to be found damaged or foreign.
forget_store() {
    local store rest=()
    for store in "${STORES[@]}"; do [[ $store == "$1" ]] || rest+=("$store"); done
    STORES=("${rest[@]}")
}

teardown() { teardown_of_lib; }

teardown_of_lib() {
    local entry store pid text bad=0
    cd /
    for entry in "${MOUNTS[@]}"; do
        stop "${entry#*|}" >&2 || { echo "cannot be unmounted: ${entry#*|}" >&2 && bad=1; }
    done
    while read -r entry; do
        echo "left mounted: $entry" >&2
        umount -l "$entry"
        bad=1
    done < <(awk -v under="$BATS_TEST_TMPDIR/" 'index($2, under) == 1 && $3 ~ /^fuse/ { print $2 }' \
        /proc/self/mounts)
    for pid in "${DAEMONS[@]}"; do
        [[ -n $pid ]] || continue
        if [[ $(readlink "/proc/$pid/exe") == "$PERSISTFS" ]]; then
            echo "left running: $pid" >&2
            kill -KILL "$pid"
            bad=1
        fi
    done
    for store in "${STORES[@]}"; do
        text=$("$PERSISTFS" check "$store" 2>&1) || { echo "check $store: $text" >&2 && bad=1; }
    done
    kill "$WATCHER" 2>/dev/null
    wait "$WATCHER" 2>/dev/null
    text=$(sanitizer_logs)
    [[ -z $text ]] || { echo "$text" >&2 && bad=1; }
    return "$bad"
}

# until_true SECONDS COMMAND...: only where nothing tells when it happens.
until_true() {
    local deadline=$((SECONDS + $1 + 1)) left
    shift
    until "$@"; do
        left=$((deadline - SECONDS))
        ((left > 0)) || fail "this did not come true: $*" || return
        sleep 0.02
    done
}

# --- expectations

fail() {
    printf '%s\n' "$@" >&2
    return 1
}

# same ACTUAL EXPECTED [WHAT]
same() {
    [[ $1 == "$2" ]] || fail "${3:-not the same}" "  expected: $2" "  actual:   $1"
}

# has TEXT PART...: each part occurs, whatever its case.
has() {
    local part
    for part in "${@:2}"; do
        grep -qiF -e "$part" <<<"$1" || fail "this does not say \"$part\":" "  $1" || return
    done
}

lacks() {
    ! grep -qiF -e "$2" <<<"$1" || fail "this says \"$2\":" "  $1"
}

# json FILE FILTER: jq's condition on what is in the file.
json() {
    local text
    text=$(cat "$1") || fail "cannot read $1" || return
    jq -e "${@:3}" "$2" >/dev/null <<<"$text" || fail "not so: $2" "  $text"
}

is_there() { [[ -e $1 ]] || fail "$1 is not there"; }
is_absent() { [[ ! -e $1 ]] || fail "$1 is there: $(cat "$1")"; }

# holds FILE TEXT: exactly these bytes.
holds() {
    local expected=$OUT/expected
    printf '%s' "$2" >"$expected"
    cmp -s "$1" "$expected" || fail "$1" "  expected: $(printf '%q' "$2")" \
        "  actual:   $(printf '%q' "$(cat "$1")")"
}

errno_text() {
    case $1 in
    EACCES) echo "Permission denied" ;;
    EBADMSG) echo "Bad message" ;;
    EBUSY) echo "Device or resource busy" ;;
    EEXIST) echo "File exists" ;;
    EFBIG) echo "File too large" ;;
    EINVAL) echo "Invalid argument" ;;
    EISDIR) echo "Is a directory" ;;
    ENAMETOOLONG) echo "File name too long" ;;
    ENOENT) echo "No such file or directory" ;;
    ENOSPC) echo "No space left on device" ;;
    ENOTDIR) echo "Not a directory" ;;
    ENOTEMPTY) echo "Directory not empty" ;;
    ENOTSUP) echo "not supported" ;;
    EPERM) echo "Operation not permitted" ;;
    EROFS) echo "Read-only file system" ;;
    ESTALE) echo "Stale file handle" ;;
    *) echo "no text for $1" ;;
    esac
}

# refused ERRNO COMMAND...: the command fails, and says why in the words of that errno, or by its
# name, as node does.
refused() {
    local status=0 text want
    want=$(errno_text "$1")
    text=$("${@:2}" 2>&1) || status=$?
    ((status != 0)) || fail "this was not refused ($1): ${*:2}" "  $text" || return
    grep -qiF -e "$want" -e "$1:" <<<"$text" ||
        fail "${*:2}" "  expected: $1, \"$want\"" "  actual:   status $status, $text"
}

# fails STATUS COMMAND...: it ends with that status; what it says is in $said.
fails() {
    local status=0
    said=$("${@:2}" 2>&1 3>&-) || status=$?
    same "$status" "$1" "the exit status of: ${*:2}: $said"
}

# --- reading and writing

# put FILE TEXT, append FILE TEXT: as echo does, in the shell itself.
put() { printf '%s\n' "$2" >"$1"; }
append() { printf '%s\n' "$2" >>"$1"; }

# Another process, that has not read what this one has.
put_by_other() { bash -c 'printf "%s\n" "$2" >"$1"' bash "$@"; }

version() { getfattr --only-values -n user.persistfs.version "$1" 2>&1; }

has_version() { same "$(version "$1")" "$2" "the version of $1"; }

records() { wc -l <"${1%.json}.audit.jsonl"; }

count() { (($# > 1)) || [[ -e $1 ]] && echo $# || echo 0; }

pending() { ls .outbox/pending; }

# What ordinary files and placeholders count together, in bytes.
used() { jq .files.bytes .stats.json; }
is_used() { (($(used) == $1)); }

# as UID COMMAND...: as another user, who may pass through the test's folders.
as() {
    setpriv --reuid "$1" --regid "$1" --clear-groups -- "${@:2}"
}

reachable() {
    local folder=$BATS_TEST_TMPDIR
    while [[ $folder != / && $folder != "${TMPDIR:-/tmp}" ]]; do
        chmod o+x "$folder"
        folder=$(dirname "$folder")
    done
    chmod 777 "$OUT"
}

# python CODE [ARGUMENT...]: with calls.py at hand.
python() { python3 -c "from calls import *
$1" "${@:2}"; }

USERS_SCHEMA='{
  "title": "A user",
  "type": "object",
  "properties": {
    "name": {"type": "string", "minLength": 1},
    "email": {"type": "string", "x-unique": true},
    "age": {"type": "integer", "minimum": 0},
    "tags": {"type": "array", "items": {"type": "string"}}
  },
  "required": ["name", "email"],
  "additionalProperties": false,
  "x-outbox": true
}'

ALICE='{"name": "Alice", "email": "alice@example.org"}'

# A collection of users with one entity.
make_users() { put .schema/users.json "$USERS_SCHEMA"; }
make_alice() { make_users && put users/alice.json "$ALICE"; }
# A collection that takes anything.
make_open() { mkdir "${1:-docs}"; }
