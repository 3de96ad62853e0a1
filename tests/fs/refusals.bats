# What is refused, with which errno, and that everyone who writes hears of it.
load lib

BOB='{"name": "Bob", "email": "alice@example.org"}' # alice's address

setup() {
    prepare
    start
    cd "$MNT"
    make_alice
    put "$OUT/bob.json" "$BOB"
}

# The refusal is on record, the bytes are kept, and nothing else has changed. The bytes are those of
# the file $1, if it is given.
on_record() {
    is_absent users/bob.json
    json users/.errors/bob.json '.code == "unique_conflict" and .errno == "EEXIST"'
    cmp users/.rejected/bob.json "${1:-$OUT/bob.json}"
    same "$(ls users)" alice.json
    same "$(records users/alice.json)" 1
}

# --- the classes

@test "validation: EBADMSG" {
    refused EBADMSG put users/bob.json '{"name": "", "age": -1, "more": true}'
    json users/.errors/bob.json '.code == "validation" and .status == 422 and .errno == "EBADMSG"'
    json users/.errors/bob.json '[.errors[] | [.pointer, .keyword]] | sort ==
        ([["/name", "minLength"], ["/age", "minimum"], ["", "required"],
          ["/more", "additionalProperties"]] | sort)'
    json users/.errors/bob.json '.errors | all(.message | length > 5)'
}

@test "version_conflict: ESTALE" {
    refused ESTALE put users/alice.json@7 '{"name": "A", "email": "a@x.org"}'
    json users/.errors/alice.json '.code == "version_conflict" and .status == 409'
    json users/.errors/alice.json '.expected_version == 7 and .actual_version == 1'
}

@test "version_required: ESTALE" {
    put .schema/users.json "$(jq '. + {"x-require-version": true}' <<<"$USERS_SCHEMA")"
    refused ESTALE put_by_other users/alice.json '{"name": "A", "email": "a@x.org"}'
    json users/.errors/alice.json '.code == "version_required" and .status == 428'
}

@test "unique_conflict: EEXIST" {
    refused EEXIST put users/bob.json "$BOB"
    on_record
    json users/.errors/bob.json '.status == 409 and
        (.errors == [{"pointer": "/email", "keyword": "x-unique", "message": .errors[0].message}])'
    has "$(jq -r .detail users/.errors/bob.json)" users.email '"alice@example.org"' alice
}

@test "read_only: EROFS" {
    for view in users/alice.meta users/alice.audit.jsonl .stats.json .errors.jsonl \
        .outbox/pending/$(pending); do
        refused EROFS dash -c 'echo {} >"$1"' dash "$view"
        refused EROFS dash -c 'echo {} >>"$1"' dash "$view"
    done
    for view in users/alice.meta users/alice.audit.jsonl .stats.json .errors.jsonl; do
        refused EROFS rm "$view"
    done
    refused EROFS dash -c 'echo {} >users/.errors/new.json'
    refused EROFS mkdir users/.errors/new
    refused EROFS rmdir users/.errors
}

@test "not_found: ENOENT" {
    refused ENOENT cat users/nobody.json
    refused ENOENT rm users/nobody.json
    refused ENOENT mv users/nobody.json users/other.json
    refused ENOENT put nothing/a.json '{}'
    refused ENOENT rmdir nothing
}

@test "too_large: EFBIG, no_space: ENOSPC and unsupported: ENOTSUP are in other files" {
    grep -q EFBIG "$BATS_TEST_DIRNAME/json.bats"
    grep -q ENOSPC "$BATS_TEST_DIRNAME/durability.bats"
    refused ENOTSUP put users/alice.get hello
    json users/.errors/alice.get '.code == "unsupported" and .errno == "ENOTSUP"'
}

@test "a mount with -o ro refuses everything with EROFS" {
    restart -o ro
    holds users/alice.json "$ALICE"$'\n'
    refused EROFS put users/bob.json '{"name": "B", "email": "b@x.org"}'
    refused EROFS append users/alice.json '{"age": 3}'
    refused EROFS rm users/alice.json
    refused EROFS mv users/alice.json users/bob.json
    refused EROFS mkdir docs
    refused EROFS chmod 600 users/alice.json
    refused EROFS mkdir .outbox/claimed/me
    has_version users/alice.json 1
}

# --- every way to write

@test "bash: echo, printf and cat >" {
    run bash -c "echo '$BOB' >users/bob.json"
    same "$status:$output" "1:bash: line 1: echo: write error: File exists"
    on_record
    refused EEXIST bash -c "printf '%s\n' '$BOB' >users/bob.json"
    on_record
    refused EEXIST bash -c "cat '$OUT/bob.json' >users/bob.json"
    on_record
    refused EEXIST bash -c "cat >users/bob.json <<<'$BOB'"
    on_record
}

@test "dash: echo and cat >" {
    run dash -c "echo '$BOB' >users/bob.json" # knows one sentence for every error
    same "$status:$output" "1:dash: 1: echo: echo: I/O error"
    on_record
    refused EEXIST dash -c "cat <'$OUT/bob.json' >users/bob.json"
    on_record
}

@test "zsh: echo and cat >" {
    refused EEXIST zsh -fc "echo '$BOB' >users/bob.json"
    on_record
    refused EEXIST zsh -fc "cat <'$OUT/bob.json' >users/bob.json"
    on_record
}

@test "{ ...; } > file: the command that completes it hears" {
    refused EEXIST bash -c \
        "{ echo '{\"name\": \"Bob\",'; echo '\"email\": \"alice@example.org\"}'; } >users/bob.json"
    is_absent users/bob.json
}

@test "tee" {
    refused EEXIST tee users/bob.json <"$OUT/bob.json"
    on_record
}

@test "cp" {
    refused EEXIST cp "$OUT/bob.json" users/bob.json
    on_record
    refused EEXIST cp -p "$OUT/bob.json" users/bob.json
    refused EEXIST cp "$OUT/bob.json" users/
    on_record
}

@test "mv from another file system: the source stays" {
    refused EEXIST mv "$OUT/bob.json" users/bob.json
    is_there "$OUT/bob.json"
    on_record
}

@test "install" {
    refused EEXIST install -m 600 "$OUT/bob.json" users/bob.json
    is_there "$OUT/bob.json"
    is_absent users/bob.json
}

@test "dd" {
    refused EEXIST dd if="$OUT/bob.json" of=users/bob.json status=none
    on_record
    refused EEXIST dd if="$OUT/bob.json" of=users/bob.json bs=1 status=none
    is_absent users/bob.json
    refused EEXIST dd if="$OUT/bob.json" of=users/bob.json conv=fsync status=none
    on_record
}

@test "jq > file" {
    jq . "$OUT/bob.json" >"$OUT/pretty"
    refused EEXIST bash -c "jq . '$OUT/bob.json' >users/bob.json"
    on_record "$OUT/pretty"
}

@test "sort -o, awk, sed w and perl" {
    refused EEXIST sort -o users/bob.json "$OUT/bob.json"
    on_record
    refused EEXIST perl -e 'open F, ">", "users/bob.json" or die "open: $!";
        print F $ARGV[0]; close F or die "close: $!"' "$BOB"
    is_absent users/bob.json
}

@test "python: write and close" {
    refused EEXIST python3 -c '
f = open("users/bob.json", "w")
f.write(open("'"$OUT"'/bob.json").read())
f.close()'
    on_record
    refused EEXIST python3 -c '
with open("users/bob.json", "w") as f:
    f.write(open("'"$OUT"'/bob.json").read())'
    on_record
    refused EEXIST python3 -c '
import pathlib
pathlib.Path("users/bob.json").write_bytes(open("'"$OUT"'/bob.json", "rb").read())'
    on_record
}

@test "python: a file that is never closed is refused all the same" {
    python3 -c '
import json
json.dump(json.load(open("'"$OUT"'/bob.json")), open("users/bob.json", "w"))' || true
    is_absent users/bob.json
    json users/.errors/bob.json '.code == "unique_conflict"'
    json users/.rejected/bob.json '.name == "Bob"'
}

@test "python: json.dump with its many small writes, and flush" {
    refused EEXIST python3 -c '
import json
with open("users/bob.json", "w", buffering=1) as f:
    json.dump(json.load(open("'"$OUT"'/bob.json")), f, indent=1)
    f.flush()'
    is_absent users/bob.json
}

@test "node: writeFileSync, writeFile, a stream" {
    refused EEXIST node -e '
const fs = require("fs");
fs.writeFileSync("users/bob.json", fs.readFileSync(process.argv[1]));' "$OUT/bob.json"
    on_record
    refused EEXIST node -e '
const fs = require("fs/promises");
fs.readFile(process.argv[1]).then(text => fs.writeFile("users/bob.json", text));' "$OUT/bob.json"
    on_record
    refused EEXIST node -e '
const fs = require("fs");
fs.createReadStream(process.argv[1]).pipe(fs.createWriteStream("users/bob.json"));' "$OUT/bob.json"
    on_record
}

@test "node: copyFile" {
    refused EEXIST node -e '
require("fs").copyFileSync(process.argv[1], "users/bob.json");' "$OUT/bob.json"
    is_absent users/bob.json
}

@test "every one of them is heard when it is accepted, too" {
    put "$OUT/ok" '{"name": "Bob", "email": "b@x.org"}'
    n=0
    for way in 'cat "$1" >"$2"' 'tee "$2" <"$1" >/dev/null' 'cp "$1" "$2"' 'cp "$1" t; mv t "$2"' \
        'dd if="$1" of="$2" status=none' 'jq . "$1" >"$2"' 'install -m 600 "$1" "$2"' \
        'python3 -c "import sys; open(sys.argv[2], \"w\").write(open(sys.argv[1]).read())" "$@"' \
        'node -e "require(\"fs\").writeFileSync(process.argv[2],
            require(\"fs\").readFileSync(process.argv[1]))" "$@"'; do
        (cd "$OUT" && bash -ec "$way" bash "$OUT/ok" "$MNT/users/bob.json")
        json users/bob.json '.email == "b@x.org"'
        has_version users/bob.json 1
        rm users/bob.json
    done
}

@test "a refused update leaves the old document" {
    put users/bob.json '{"name": "Bob", "email": "b@x.org"}'
    for way in 'cat "$1" >users/bob.json' 'cp "$1" users/bob.json' 'tee users/bob.json <"$1"' \
        'dd if="$1" of=users/bob.json' 'cat "$1" >>users/bob.json' \
        'dd if="$1" of=users/bob.json conv=notrunc'; do
        refused EEXIST bash -c "$way" bash "$OUT/bob.json"
        holds users/bob.json '{"name": "Bob", "email": "b@x.org"}'$'\n'
        has_version users/bob.json 1
    done
    same "$(records users/bob.json)" 1
}

# --- where they are to be read

@test "the problem document is that of RFC 9457, and ours" {
    refused EEXIST bash -c "echo '$BOB' >users/bob.json"
    json users/.errors/bob.json '(.type | test("unique")) and (.title | length > 5) and
        .instance == "users/bob.json" and .status == 409 and (.pid | . > 1) and .uid == '"$(id -u)"
    json users/.errors/bob.json '(.correlation_id | test("^[0-9a-f]{32}$")) and
        (.at | test("^20[0-9-]+T[0-9:.]+Z$"))'
}

@test "the pid is that of the process, also when a thread wrote" {
    python '
import threading
def go():
    try: write("users/bob.json", open(sys.argv[1], "rb").read())
    except OSError: pass
t = threading.Thread(target=go); t.start(); t.join()
same(json.loads(read("users/.errors/bob.json"))["pid"], os.getpid())' "$OUT/bob.json"
}

@test ".errors.jsonl has them all, oldest first" {
    for id in b c d; do refused EEXIST put users/$id.json "$BOB"; done
    refused EBADMSG put users/b.json '{}'
    same "$(jq -r '"\(.instance) \(.code)"' .errors.jsonl)" "users/b.json unique_conflict
users/c.json unique_conflict
users/d.json unique_conflict
users/b.json validation"
    same "$(jq -r .correlation_id .errors.jsonl | sort -u | wc -l)" 4
    same "$(ls users/.errors | xargs)" "b.json c.json d.json"
    same "$(ls users/.rejected | xargs)" "b.json c.json d.json"
    json users/.errors/b.json '.code == "validation"'
}

@test "a write that is accepted settles what was refused there" {
    refused EEXIST put users/bob.json "$BOB"
    put users/bob.json '{"name": "Bob", "email": "b@x.org"}'
    is_absent users/.errors/bob.json
    is_absent users/.rejected/bob.json
    same "$(wc -l <.errors.jsonl)" 1
}

@test "the xattr user.persistfs.error of an entity" {
    refused EBADMSG append users/alice.json '{"age": "old"}'
    json <(getfattr --only-values -n user.persistfs.error users/alice.json) \
        '.code == "validation" and .errors[0].pointer == "/age"'
    append users/alice.json '{"age": 5}'
    if getfattr -n user.persistfs.error users/alice.json 2>/dev/null; then
        fail "the error is still there"
    fi
}

@test "the same verdict at write, fsync and close is one refusal" {
    python '
text = open(sys.argv[1], "rb").read()
fd = os.open("users/bob.json", W | CREAT | TRUNC)
refused(errno.EEXIST, os.write, fd, text)
refused(errno.EEXIST, os.write, fd, text)
refused(errno.EEXIST, os.fsync, fd)
refused(errno.EEXIST, os.close, fd)' "$OUT/bob.json"
    same "$(wc -l <.errors.jsonl)" 1
    json .stats.json '.refusals.unique_conflict == 1'
}

@test "refused renames and deletions are on record" {
    make_open drafts
    put drafts/x.json '{}'
    refused EBADMSG mv drafts/x.json users/x.json
    json .errors.jsonl '.code == "validation" and .instance == "users/x.json"'
}

@test "what was refused is bounded" {
    python '
bad = b"{\"name\": 1, \"x\": \"" + b"y" * 300000 + b"\"}"
for i in range(400):
    refused(errno.EBADMSG, write, f"users/u{i}.json", bad)
kept = os.listdir("users/.rejected")
assert 1 <= len(kept) < 400, len(kept)
assert "u399.json" in kept
same(read("users/.rejected/u399.json"), bad)
assert len(kept) * len(bad) < 64 << 20'
}

# --- who sees them

shared() {
    restart -o allow_other
    reachable
    chmod 777 users
}

@test "a user sees the refusals that it caused, and root sees all" {
    shared
    refused EEXIST as 1001 bash -c "echo '$BOB' >users/bob.json"
    json <(as 1001 cat users/.errors/bob.json) '.code == "unique_conflict" and .uid == 1001'
    same "$(as 1001 cat users/.rejected/bob.json)" "$BOB"
    same "$(as 1001 ls users/.errors users/.rejected | xargs)" \
        "users/.errors: bob.json users/.rejected: bob.json"
    same "$(as 1001 cat .errors.jsonl | wc -l)" 1

    refused ENOENT as 1002 cat users/.errors/bob.json
    refused ENOENT as 1002 cat users/.rejected/bob.json
    same "$(as 1002 ls users/.errors users/.rejected | xargs)" "users/.errors: users/.rejected:"
    same "$(as 1002 cat .errors.jsonl | wc -c)" 0

    json users/.errors/bob.json '.uid == 1001'
    same "$(wc -l <.errors.jsonl)" 1
}

@test "two users' refusals at one name are kept apart" {
    shared
    refused EEXIST as 1001 bash -c "echo '$BOB' >users/bob.json"
    refused EBADMSG as 1002 bash -c "echo '{\"name\": 2}' >users/bob.json"
    json <(as 1001 cat users/.errors/bob.json) '.code == "unique_conflict"'
    json <(as 1002 cat users/.errors/bob.json) '.code == "validation"'
    same "$(as 1001 cat users/.rejected/bob.json)" "$BOB"
}

@test "the kernel checks owner and mode of every entity" {
    shared
    refused EACCES as 1001 cat users/alice.json
    refused EACCES as 1001 dash -c "echo '{}' >users/alice.json"
    as 1001 dash -c 'echo "{\"name\": \"C\", \"email\": \"c@x.org\"}" >users/carol.json'
    same "$(stat -c '%a %u:%g' users/carol.json)" "600 1001:1001"
    refused EACCES as 1002 cat users/carol.json
    as 1001 chmod 644 users/carol.json
    json <(as 1002 cat users/carol.json) '.name == "C"'
    refused EPERM as 1002 chmod 666 users/carol.json
    refused EPERM as 1001 chown 1002 users/carol.json
}

# A name that leads nowhere yet may be created by whom the folder lets, which must not become leave
# to write what somebody else has put there meanwhile.
@test "a handle that was opened to create cannot write what another user has created since" {
    shared
    chmod 777 .schema
    as 1001 dash -c 'echo "{\"name\": \"C\", \"email\": \"c@x.org\"}" >users/carol.json'
    as 1001 dash -c 'echo "{\"title\": \"1\"}" >.schema/things.json'
    for case in 'users/carol.json {"name":"D","email":"c@x.org"}' \
        '.schema/things.json {"title":"2"}'; do
        read -r file text <<<"$case"
        python '
file, text = sys.argv[1], sys.argv[2].encode()
opened, goes_on = os.pipe(), os.pipe()
pid = os.fork()
if pid == 0:
    os.setgroups([]), os.setgid(1002), os.setuid(1002)
    fd = os.open(file + "@2", W | CREAT, 0o666)
    os.write(opened[1], b"x"), os.read(goes_on[0], 1)
    refused(errno.EACCES, os.write, fd, text.replace(b"2", b"3").replace(b"D", b"E"))
    os._exit(0)
os.read(opened[0], 1)
subprocess.run(["setpriv", "--reuid=1001", "--regid=1001", "--clear-groups", "dash", "-c",
                "printf %s \"$1\" >\"$2\"", "dash", text, file], check=True)
os.write(goes_on[1], b"x")
assert os.waitpid(pid, 0)[1] == 0' "$file" "$text"
        holds "$file" "$text"
    done
}

@test "the views of an entity are as private as it is" {
    shared
    for view in users/alice.meta users/alice.audit.jsonl users/alice.json@1; do
        refused EACCES as 1001 cat "$view"
    done
    refused EACCES as 1001 dash -c "echo '{}' >users/alice.json@1"
    refused EACCES as 1001 cat ".outbox/pending/$(pending)"
}

@test "a folder that may not be written takes nothing" {
    shared
    chmod 755 users
    refused EACCES as 1001 dash -c 'echo "{\"name\": \"C\", \"email\": \"c@x.org\"}" >users/c.json'
    refused EACCES as 1001 rm -f users/alice.json
    refused EACCES as 1001 mkdir docs
    refused EACCES as 1001 dash -c 'echo "{}" >.schema/new.json'
    same "$(ls users)" alice.json
}

@test "without allow_other the mount is private" {
    reachable
    refused EACCES as 1001 ls "$MNT"
}

@test "the record names the one who wrote, not who closed or mounted" {
    shared
    as 1001 dash -c 'echo "{\"name\": \"C\", \"email\": \"c@x.org\"}" >users/carol.json'
    json users/carol.audit.jsonl '.actor.uid == 1001 and .actor.gid == 1001 and
        .actor.comm == "dash" and .actor.pid > 1'
}
