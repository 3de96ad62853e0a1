# References from one entity to another.
load lib

setup() {
    prepare
    start
    cd "$MNT"
    mkdir users
    put .schema/posts.json '{"x-outbox": true, "properties": {
        "author": {"x-ref": "users"},
        "editor": {"x-ref": "users", "x-on-delete": "set-null"},
        "tags": {"type": "array", "items": {"x-ref": "tags", "x-on-delete": "set-null"}},
        "thread": {"x-ref": "posts", "x-on-delete": "cascade"}}}'
    put users/alice.json '{}'
    put users/bob.json '{}'
}

@test "a reference that leads nowhere is refused, and said to" {
    refused EEXIST put posts/p.json '{"author": "zed"}'
    json posts/.errors/p.json '.code == "reference_conflict" and .errno == "EEXIST" and
        (.detail | contains("posts.author \"zed\": there is no users/zed.json")) and
        .errors[0].pointer == "/author" and .errors[0].keyword == "x-ref"'
    refused EEXIST put posts/p.json '{"tags": ["red"]}'
    json posts/.errors/p.json '.detail | contains("there is no collection tags")'
    mkdir tags
    refused EEXIST put posts/p.json '{"tags": ["red"]}'
    json posts/.errors/p.json '.errors[0].pointer == "/tags/0"'
    refused EEXIST put posts/p.json '{"author": ["alice"]}'
    is_absent posts/p.json
    put posts/p.json '{"author": "alice", "editor": null}'
    refused EEXIST append posts/p.json '{"author": "zed"}'
    holds posts/p.json '{"author": "alice", "editor": null}'$'\n'
}

@test "what is referred to stays, under its name" {
    put posts/p.json '{"author": "alice"}'
    put posts/q.json '{"author": "alice"}'
    refused EEXIST rm users/alice.json
    json .errors.jsonl '.detail == "users/alice.json is referred to by posts/p.json (author) and 1 more"
        and .instance == "users/alice.json"'
    python 'refused(errno.EEXIST, os.rename, "users/alice.json", "users/anna.json")'
    tail -n 1 .errors.jsonl | jq -e '.detail | contains("whose id would change, is referred to by")'
    python 'refused(errno.EEXIST, os.rename, "users/bob.json", "users/alice.json")'
    put users/alice.json '{"its": "content"}'
    rm posts/p.json
    put posts/q.json '{"author": "bob"}'
    mv users/alice.json users/anna.json
    rm users/anna.json
}

@test "rmdir of a collection is as it was: when it is empty" {
    refused ENOTEMPTY rmdir users
    rm users/*.json
    rmdir users
    refused EEXIST put posts/p.json '{"author": "alice"}'
    mkdir users
    put users/alice.json '{}'
    put posts/p.json '{"author": "alice"}'
}

@test "set-null: the referrer has a new version, a record and an event" {
    put posts/p.json '{"editor": "bob", "author": "alice", "n": 1.50}'
    cat posts/p.json >/dev/null
    rm users/bob.json
    holds posts/p.json '{
  "editor": null,
  "author": "alice",
  "n": 1.50
}
'
    has_version posts/p.json 2
    same "$(tail -n 1 posts/p.audit.jsonl | jq -c '[.op, .version, .patch]')" \
        '["update",2,[{"op":"replace","path":"/editor","value":null}]]'
    pending | grep posts.updated
}

@test "cascade: they go in one commit, each with a record and an event" {
    put posts/top.json '{"author": "alice"}'
    put posts/reply.json '{"thread": "top"}'
    put posts/deep.json '{"thread": "reply"}'
    put posts/other.json '{}'
    cat posts/*.json >/dev/null
    rm posts/top.json
    same "$(ls posts)" other.json
    is_absent posts/deep.json
    same "$(tail -n 1 posts/deep.audit.jsonl | jq -r .op)" delete
    same "$(tail -qn 1 posts/{top,reply,deep}.audit.jsonl | jq -s 'map(.actor.pid) | unique | length')" 1
    same "$(pending | grep -c posts.deleted)" 3
}

@test "a cascade that would take too much along takes nothing" {
    put posts/top.json '{}'
    put posts/reply.json '{"thread": "top", "author": "alice"}'
    put .schema/notes.json '{"properties": {"on": {"x-ref": "posts"}}}'
    put notes/n.json '{"on": "reply"}'
    refused EEXIST rm posts/top.json
    json .errors.jsonl '.detail ==
        "posts/reply.json, which would be deleted, too, is referred to by notes/n.json (on)"'
    is_there posts/top.json && is_there posts/reply.json
}

@test "the schema's rule changes what the caller may not write, and the record says by whom" {
    ((EUID == 0)) || skip "takes root, to be another user"
    cd /
    stop
    start -o allow_other
    reachable
    cd "$MNT"
    put posts/p.json '{"editor": "bob"}'
    put posts/q.json '{"thread": "p"}'
    chmod 777 users
    chown 1234 users/bob.json
    refused EACCES as 1234 sh -c 'echo {} >posts/p.json'
    as 1234 rm users/bob.json
    json posts/p.json '.editor == null'
    same "$(tail -n 1 posts/p.audit.jsonl | jq .actor.uid)" 1234
}

@test "x-ref is added to entities that are there, and taken away" {
    mkdir notes
    put notes/a.json '{"to": "alice"}'
    put notes/b.json '{"to": "zed"}'
    schema='{"properties": {"to": {"x-ref": "users"}}}'
    refused EBADMSG put .schema/notes.json "$schema"
    json .schema/.errors/notes.json '.detail | contains("1 existing entity does not satisfy this schema: b;")
        and contains("there is no users/zed.json")'
    rm notes/b.json
    put .schema/notes.json "$schema"
    refused EEXIST rm users/alice.json
    put .schema/notes.json '{}'
    rm users/alice.json
    refused EBADMSG put .schema/notes.json "$schema"
}

@test "who deletes while 8 others refer: never a reference that leads nowhere" {
    python '
for round in range(8):
    write("users/u.json", b"{}")
    children = []
    for n in range(8):
        pid = os.fork()
        if pid == 0:
            for i in range(10):
                rule = ("author", "editor")[(n + i + round) % 4 == 0]
                try:
                    write(f"posts/r{round}-{n}-{i}.json", b"{\"%s\": \"u\"}" % rule.encode())
                except OSError as error:
                    if error.errno != errno.EEXIST: os._exit(1)
            os._exit(0)
        children.append(pid)
    deleted = False
    while not deleted:
        for name in os.listdir("posts"):
            post = json.loads(read(f"posts/{name}") or b"{}") # a refused one is empty
            if post.get("author") == "u": os.unlink(f"posts/{name}")
        try:
            os.unlink("users/u.json")
            deleted = True
        except OSError as error:
            same(error.errno, errno.EEXIST)
    same([os.waitpid(pid, 0)[1] for pid in children], [0] * 8)
    for name in os.listdir("posts"):
        post = json.loads(read(f"posts/{name}") or b"{}")
        same([post.get("author"), post.get("editor")], [None, None])
'
    stop
    "$PERSISTFS" check "$STORE"
}

@test "8 who delete what the others refer to in circles: all goes, or stays" {
    python '
for round in range(5):
    for n in range(8):
        write(f"posts/c{n}.json", b"{}")
    for n in range(8):
        write(f"posts/c{n}.json", b"{\"thread\": \"c%d\"}" % ((n + 1) % 8))
    children = []
    for n in range(8):
        pid = os.fork()
        if pid == 0:
            try: os.unlink(f"posts/c{n}.json")
            except FileNotFoundError: pass
            os._exit(0)
        children.append(pid)
    same([os.waitpid(pid, 0)[1] for pid in children], [0] * 8)
    same(os.listdir("posts"), [])
'
}
