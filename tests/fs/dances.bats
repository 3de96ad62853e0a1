# Save dances: a name is taken away and brought back by one process, and that is one update.
load lib

setup() {
    prepare
    start
    cd "$MNT"
    put .schema/docs.json '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "x-outbox": true}'
    put docs/a.json '{"n": 1}'
    rm .outbox/pending/*
    coproc DANCER { exec 3>&-; exec python3 -u "$BATS_TEST_DIRNAME/dancer.py"; }
}

teardown() {
    [[ -z ${DANCER_PID:-} ]] || leave_dancer
    teardown_of_lib
}

# does STATEMENT: the dancer, a process that lives on, does it; prints "ok", or the errno's name.
does() {
    local answer
    echo "$1" >&"${DANCER[1]}"
    IFS= read -r answer <&"${DANCER[0]}" || fail "the dancer has ended" || return
    same "$answer" "${2:-ok}" "$1"
}

leave_dancer() {
    local pid=$DANCER_PID
    eval "exec ${DANCER[1]}>&-"
    wait "$pid" || true
    DANCER_PID=
}

# one_update: one commit brought version 2, with one record and one event.
one_update() {
    holds docs/a.json "$1"
    has_version docs/a.json 2
    same "$(records docs/a.json)" 2 "the records"
    json docs/a.audit.jsonl 'if .version == 2 then .op == "update" else true end'
    same "$(pending | wc -l)" 1 "the events"
    same "$(ls -a docs | grep -c a.json\$)" 1 "the names"
}

# unchanged: as if nothing had been done.
unchanged() {
    holds docs/a.json '{"n": 1}'$'\n'
    has_version docs/a.json 1
    same "$(records docs/a.json)" 1 "the records"
    same "$(pending | wc -l)" 0 "the events"
}

BACK="os.rename('docs/a.json', 'docs/a.json~')"
GONE="os.unlink('docs/a.json')"
NEW="fd = os.open('docs/a.json', os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)"
GOOD="os.write(fd, b'{\"n\": 2}')"
BAD="os.write(fd, b'{\"n\": true}')"
CLOSE="os.close(fd)"

@test "rename to a backup, create anew" {
    does "$BACK"
    does "$NEW"
    does "$GOOD"
    does "$CLOSE"
    one_update '{"n": 2}'
    holds docs/a.json~ '{"n": 1}'$'\n'
}

@test "unlink, create anew" {
    does "$GONE"
    does "$NEW"
    does "$GOOD"
    does "$CLOSE"
    one_update '{"n": 2}'
}

@test "unlink, create anew without O_EXCL" {
    does "$GONE"
    does "fd = os.open('docs/a.json', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)"
    does "$GOOD"
    does "$CLOSE"
    one_update '{"n": 2}'
}

@test "rename to a backup, move a temporary file there" {
    does "open('docs/tmp', 'w').write('{\"n\": 2}')"
    does "$BACK"
    does "os.rename('docs/tmp', 'docs/a.json')"
    one_update '{"n": 2}'
    is_absent docs/tmp
}

@test "the process sees the name gone, everybody else sees it as it was" {
    does "$BACK"
    does "os.stat('docs/a.json')" ENOENT
    does "assert sorted(os.listdir('docs')) == ['a.json~']"
    holds docs/a.json '{"n": 1}'$'\n'
    same "$(ls docs)" "a.json"$'\n'"a.json~"
    does "$NEW"
    holds docs/a.json '{"n": 1}'$'\n'
    same "$(stat -c %s docs/a.json)" 9
    does "assert os.fstat(fd).st_size == 0"
    does "os.write(fd, b'{\"n\": ')"
    holds docs/a.json '{"n": 1}'$'\n'
    does "assert os.fstat(fd).st_size == 6 and os.stat('docs/a.json').st_size == 6"
    does "os.write(fd, b'2}')"
    holds docs/a.json '{"n": 2}'
    does "$CLOSE"
    one_update '{"n": 2}'
}

@test "what is refused leaves the old entity" {
    local way
    for way in "$BACK" "$GONE"; do
        does "$way"
        does "$NEW"
        does "$BAD" EBADMSG
        does "$CLOSE" EBADMSG
        unchanged
        does "assert open('docs/a.json').read() == '{\"n\": 1}\\n'"
        json docs/.errors/a.json '.status == 422 or .code != null'
        rm -f docs/a.json~
    done
}

@test "a file that is refused where the name waits stays, and so does the entity" {
    does "open('docs/tmp', 'w').write('{\"n\": true}')"
    does "$BACK"
    does "os.rename('docs/tmp', 'docs/a.json')" EBADMSG
    unchanged
    is_there docs/tmp
}

@test "renaming the backup back is an undo" {
    does "$BACK"
    does "os.rename('docs/a.json~', 'docs/a.json')"
    unchanged
    same "$(ls -A docs)" a.json
    leave_dancer
    unchanged
}

@test "an undo after a refusal" {
    does "$BACK"
    does "$NEW"
    does "$BAD" EBADMSG
    does "$CLOSE" EBADMSG
    does "os.rename('docs/a.json~', 'docs/a.json')"
    unchanged
    same "$(ls -A docs)" a.json
}

@test "an unlink by who has just been refused is absorbed" {
    does "fd = os.open('docs/a.json', os.O_WRONLY | os.O_CREAT | os.O_TRUNC)"
    does "$BAD" EBADMSG
    does "$CLOSE" EBADMSG
    does "$GONE"
    unchanged
    does "os.stat('docs/a.json')" ENOENT
    does "$NEW"
    does "$BAD" EBADMSG
    does "$CLOSE" EBADMSG
    does "$GONE"
    leave_dancer
    unchanged
}

@test "an unlink after a write that was accepted is one" {
    does "fd = os.open('docs/a.json', os.O_WRONLY | os.O_CREAT | os.O_TRUNC)"
    does "$BAD" EBADMSG
    does "os.lseek(fd, 0, 0) and 0"
    does "$GOOD"
    does "$CLOSE"
    does "$GONE"
    leave_dancer
    is_absent docs/a.json
}

@test "rm and mv take effect before they return" {
    rm docs/a.json
    is_absent docs/a.json
    same "$(records docs/a.json)" 2 "the records"
    same "$(pending | wc -l)" 1 "the events"
    put docs/b.json '{"n": 1}'
    mv docs/b.json docs/b.txt
    is_absent docs/b.json
    holds docs/b.txt '{"n": 1}'$'\n'
    same "$(tail -n 1 docs/b.audit.jsonl | jq -r .op)" delete
    mv docs/b.txt ./b.txt
    put docs/b.json '{"n": 2}'
    mv docs/b.json b.txt
    holds b.txt '{"n": 2}'$'\n'
}

@test "what is never brought back is deleted after a grace, though the process lives on" {
    does "$BACK"
    holds docs/a.json '{"n": 1}'$'\n'
    until_true 10 test ! -e docs/a.json
    same "$(tail -n 1 docs/a.audit.jsonl | jq -r .op)" delete
    holds docs/a.json~ '{"n": 1}'$'\n'
    does "$NEW"
    does "$GOOD"
    does "$CLOSE"
    has_version docs/a.json 1
}

@test "fsync of the folder settles" {
    does "$GONE"
    does "folder = os.open('docs', os.O_RDONLY)"
    does "os.fsync(folder)"
    is_absent docs/a.json
    same "$(pending | wc -l)" 1 "the events"
}

@test "who looks at what came of it himself finds it done" {
    does "$GONE"
    does "assert len(os.listdir('.outbox/pending')) == 1"
    is_absent docs/a.json
}

@test "a write by somebody else settles, and makes a new entity" {
    does "$BACK"
    put docs/a.json '{"n": 7}'
    has_version docs/a.json 1
    holds docs/a.json '{"n": 7}'$'\n'
    does "$NEW" EEXIST
    holds docs/a.json~ '{"n": 1}'$'\n'
    same "$(jq -r .op docs/a.audit.jsonl | tr '\n' ' ')" "create delete create "
}

@test "nobody else's file takes over a name that waits" {
    does "$GONE"
    put docs/tmp '{"n": 7}'
    mv docs/tmp docs/a.json
    has_version docs/a.json 1
    same "$(jq -r .op docs/a.audit.jsonl | tr '\n' ' ')" "create delete create "
}

@test "somebody else's unlink, and rmdir, settle first" {
    does "$GONE"
    refused ENOENT rm docs/a.json
    is_absent docs/a.json
    same "$(records docs/a.json)" 2 "the records"
    does "os.unlink('docs/a.json')" ENOENT
    put docs/b.json '{"n": 1}'
    does "os.unlink('docs/b.json')"
    rmdir docs
    is_absent docs
}

@test "a handle that was open before is not lost silently" {
    exec 7<>docs/a.json
    does "$GONE"
    printf '{"n": 9}\n' >&7
    refused ESTALE python3 -c 'import os; os.fsync(7)'
    exec 7>&- || true
    is_absent docs/a.json
}

@test "unmounting settles" {
    does "os.chdir('/')"
    does "os.unlink('$MNT/docs/a.json')"
    restart
    is_absent docs/a.json
    same "$(tail -n 1 docs/a.audit.jsonl | jq -r .op)" delete
}

@test "a crash brings the entity back" {
    does "os.chdir('/')"
    does "os.rename('$MNT/docs/a.json', '$MNT/docs/a.json~')"
    crash_and_clear
    start && cd "$MNT"
    unchanged
    holds docs/a.json~ '{"n": 1}'$'\n'
}

@test "a dance in ignorance of somebody else's update is refused" {
    does "assert open('docs/a.json').read()"
    put docs/a.json '{"n": 5}'
    does "$BACK"
    does "$NEW"
    does "$GOOD" ESTALE
    does "$CLOSE" ESTALE
    holds docs/a.json '{"n": 5}'$'\n'
    has_version docs/a.json 2
}

@test "many names of one process" {
    does "[open(f'docs/{i}.json', 'w').write('{\"n\": 1}') for i in range(40)] and 0"
    does "[os.unlink(f'docs/{i}.json') for i in range(40)] and 0"
    does "[os.stat(f'docs/{i}.json') for i in range(1)] and 0" ENOENT
    does "assert os.listdir('docs') == ['a.json']"
    leave_dancer
    same "$(ls docs)" a.json
}

@test "what is referred to is not deleted by rm, and can be saved by an editor" {
    mkdir notes
    put .schema/notes.json '{"properties": {"of": {"type": "string", "x-ref": "docs"}}}'
    put notes/x.json '{"of": "a"}'
    refused EEXIST rm docs/a.json
    refused EBUSY mv docs/a.json docs/a.txt
    is_absent docs/a.txt
    unchanged
    does "assert open('docs/a.json').read()"
    does "$BACK"
    does "$NEW"
    does "$GOOD"
    does "$CLOSE"
    one_update '{"n": 2}'
    does "$GONE" EEXIST
    does "os.rename('docs/a.json', 'docs/a.txt')"
    leave_dancer
    holds docs/a.json '{"n": 2}'
    json docs/.errors/a.json '.code == "reference_conflict"'
}

@test "a schema is saved by an editor while its collection has entities" {
    does "text = open('.schema/docs.json').read()"
    does "os.rename('.schema/docs.json', '.schema/docs.json~')"
    does "fd = os.open('.schema/docs.json', os.O_WRONLY | os.O_CREAT, 0o666)"
    does "os.write(fd, text.replace('integer', 'number').encode())"
    does "$CLOSE"
    has_version .schema/docs.json 2
    put docs/a.json '{"n": 1.5}'
    refused ENOTEMPTY rm .schema/docs.json
    refused ENOTEMPTY mv .schema/docs.json .schema/docs.txt
    is_absent .schema/docs.txt
}

@test "a unique value of what was taken away can be used at once" {
    put .schema/users.json '{"properties": {"email": {"type": "string", "x-unique": true}}}'
    put users/a.json '{"email": "x"}'
    does "os.unlink('users/a.json')"
    does "open('users/b.json', 'w').write('{\"email\": \"x\"}')"
    is_absent users/a.json
    does "os.unlink('users/b.json')"
    put users/c.json '{"email": "x"}'
    is_absent users/b.json
    does "os.rename('users/c.json', 'users/c.txt')"
    mkdir others
    put others/d.json '{"email": "x"}'
    refused EEXIST put users/e.json '{"email": "x"}' # to others it is there
    does "os.rename('others/d.json', 'users/d.json')"
    is_absent users/c.json
}

refers() {
    put .schema/posts.json "{\"properties\": {\"of\": {\"type\": [\"string\", \"null\"], \"x-ref\": \"docs\", \"x-on-delete\": \"$1\"}}}"
    put posts/p.json '{"of": "a"}'
}

@test "what others refer to is not deleted by a save, nor do they notice" {
    refers cascade
    does "$GONE"
    does "$NEW"
    does "$GOOD"
    does "$CLOSE"
    has_version docs/a.json 2
    has_version posts/p.json 1
}

@test "nobody comes to refer to what was taken away" {
    refers set-null
    put docs/b.json '{"n": 1}'
    does "os.unlink('docs/b.json')"
    refused EEXIST put posts/q.json '{"of": "b"}'
    is_absent docs/b.json
    is_absent posts/q.json
}

@test "the process that deletes finds what its deletion did to others" {
    refers set-null
    does "$GONE"
    does "assert open('posts/p.json').read().find('null') > 0"
    is_absent docs/a.json
}

@test "a process is not in conflict with its own renames" {
    does "assert open('docs/a.json').read()"
    does "os.rename('docs/a.json', 'docs/b.json')"
    does "open('docs/b.json', 'w').write('{\"n\": 2}')"
    has_version docs/b.json 3
}

@test "who deleted it does not write over what somebody else made there since" {
    does "assert open('docs/a.json').read()"
    does "$GONE"
    put docs/a.json '{"n": 7}'
    does "fd = os.open('docs/a.json', os.O_WRONLY | os.O_TRUNC)"
    does "os.write(fd, b'{\"n\": 8}')" ESTALE
    holds docs/a.json '{"n": 7}'$'\n'
}

@test "8 processes dance on the same names: each update is one, or is told" {
    python '
for n in range(4): write(f"docs/{n}.json", b"{\"n\": 0}")
children = []
for child in range(8):
    pid = os.fork()
    if pid == 0:
        done = 0
        while done < 10:
            path = f"docs/{(child + done) % 4}.json"
            try:
                n = json.loads(read(path))["n"]
                if child % 2: os.rename(path, f"{path}~{child}")
                else: os.unlink(path)
                try: write(path, b"{\"n\": %d}" % (n + 1), W | CREAT | EXCL)
                except OSError as error:
                    # Somebody else was first: what this one knows is not the last word.
                    if error.errno not in (errno.ESTALE, errno.EEXIST): os._exit(1)
                    continue
                done += 1
            except FileNotFoundError:
                # Deleted by who was interrupted: begins anew.
                try: write(path, b"{\"n\": 0}", W | CREAT | EXCL)
                except OSError: pass
            except ValueError: pass # created a moment ago, and empty yet
            except OSError as error:
                if error.errno not in (errno.ESTALE, errno.EEXIST): os._exit(3)
        os._exit(0)
    children.append(pid)
same([os.waitpid(pid, 0)[1] for pid in children], [0] * 8)
'
}

@test "one rm of who refers and of what is referred to, and of a collection's last entity and schema" {
    refers restrict
    refused EEXIST rm docs/a.json
    rm posts/p.json docs/a.json
    is_absent docs/a.json
    put posts/q.json '{}'
    rm posts/q.json .schema/posts.json
    is_absent posts
    put docs/b.json '{"n": 1}'
    does "os.unlink('docs/b.json')"
    does "fd = os.open('.schema/docs.json', os.O_WRONLY | os.O_TRUNC)"
    does "os.write(fd, b'{\"required\": [\"m\"]}')"
    is_absent docs/b.json
}

@test "what a handle writes that was open before the unlink does not undo it" {
    does "old = os.open('docs/a.json', os.O_RDWR)"
    does "$GONE"
    does "os.pwrite(old, b'{\"n\": 2}', 0)"
    does "os.fsync(old)" ESTALE
    is_absent docs/a.json
}

@test "an unlink happens, whoever writes meanwhile" {
    python '
writers = []
write("stay", b"")
for child in range(2):
    pid = os.fork()
    if pid == 0:
        os.chdir("docs")
        while os.path.exists("../stay"):
            try:
                fd = os.open("a.json", W)
                os.pwrite(fd, b"{\"n\": %d}" % (child + 7), 0)
                os.close(fd)
            except OSError: pass
        os._exit(0)
    writers.append(pid)
try:
    for i in range(40):
        try: write("docs/a.json", b"{\"n\": 1}", W | CREAT)
        except OSError: pass # one of them was first
        subprocess.run(["rm", "-f", "docs/a.json"], check=True)
        same(os.path.exists("docs/a.json"), False)
finally:
    os.unlink("stay")
    for pid in writers: os.waitpid(pid, 0)
'
}

@test "another user of the same process does not continue what the first took away" {
    reachable
    leave_dancer
    restart -o allow_other
    mkdir shared
    chmod 777 shared
    python '
os.setegid(1001); os.seteuid(1001)
write("shared/x.json", b"{}", W | CREAT | EXCL)
os.unlink("shared/x.json")
os.seteuid(0); os.setegid(1002); os.seteuid(1002)
write("shared/x.json", b"{\"secret\": 1}", W | CREAT | EXCL)
same(os.stat("shared/x.json").st_uid, 1002)
'
    has_version shared/x.json 1
}

@test "who may write by a group of his continues it, and who may not write does not" {
    reachable
    leave_dancer
    restart -o allow_other
    mkdir shared
    chmod 777 shared
    put shared/x.json '{}'
    chown 1001:5000 shared/x.json
    chmod 660 shared/x.json
    saved_by='
pid = os.fork()
if pid == 0:
    os.setgroups([int(group) for group in sys.argv[2:]])
    os.setegid(int(sys.argv[1])); os.seteuid(int(sys.argv[1]))
    os.rename("shared/x.json", "shared/x.json~")
    write("shared/x.json", b"{\"a\": 1}", W | CREAT | EXCL)
    os._exit(0)
same(os.waitpid(pid, 0)[1], 0)'
    python "$saved_by" 1002 5000
    has_version shared/x.json 2
    same "$(stat -c %u:%g shared/x.json)" 1001:5000
    python "$saved_by" 1003
    has_version shared/x.json 1
    same "$(stat -c %u:%g shared/x.json)" 1003:1003
}

@test "a folder's times that are set after an unlink stay" {
    does "$GONE"
    does "os.utime('docs', (5, 5))"
    leave_dancer
    same "$(stat -c %Y docs)" 5
}

@test "who reads again after a refusal means the unlink that follows" {
    does "fd = os.open('docs/a.json', os.O_WRONLY | os.O_CREAT | os.O_TRUNC)"
    does "$BAD" EBADMSG
    does "$CLOSE" EBADMSG
    does "assert open('docs/a.json').read()"
    does "$GONE"
    leave_dancer
    is_absent docs/a.json
}

@test "after an unlink a pin of nothing, and an append, begin anew" {
    does "$GONE"
    does "fd = os.open('docs/a.json@0', os.O_WRONLY | os.O_CREAT, 0o666)"
    does "$GOOD"
    does "$CLOSE"
    has_version docs/a.json 1
    does "$GONE"
    does "fd = os.open('docs/a.json', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)"
    does "$GOOD"
    does "os.write(fd, b'{\"m\": 1}')"
    does "$CLOSE"
    json docs/a.json '. == {"n": 2, "m": 1}'
    has_version docs/a.json 2
}

@test "a rename that is refused leaves the file that has the new name" {
    refers restrict
    put docs/precious precious
    refused EBUSY mv -T docs/a.json docs/precious
    fails 1 timeout 20 cp --backup docs/precious docs/a.json
    holds docs/precious precious$'\n'
    same "$(find "$STORE/files/tmp" -type f | wc -l)" 0
    rm posts/p.json
    mv -T docs/a.json docs/precious
    holds docs/precious '{"n": 1}'$'\n'
}

@test "what is moved onto an empty file is not for who has that open" {
    reachable
    leave_dancer
    restart -o allow_other
    mkdir shared
    chmod 777 shared
    python '
os.seteuid(1002)
held = os.open("shared/e.json", CREAT | RW, 0o666)
reader = os.open("shared/e.json", R)
os.seteuid(0); os.seteuid(1001)
write("shared/tmp", b"{\"secret\": 1}", W | CREAT)
os.chmod("shared/tmp", 0o600)
os.rename("shared/tmp", "shared/e.json")
os.seteuid(0); os.seteuid(1002)
same(os.pread(reader, 100, 0), b"")
refused(errno.EACCES, os.write, held, b"{\"evil\": 2}")
os.seteuid(0)
same(read("shared/e.json"), b"{\"secret\": 1}")
'
}
