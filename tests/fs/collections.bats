# A collection gets another name, and keeps all that it has.
load lib

# The users, whose history is looked at afterwards, by the name that they have now.
make_history() {
    make_alice
    append users/alice.json '{"age": 4}'
    put users/notes.txt 'an ordinary file'
    mkdir users/.d
    put users/.d/more 'and one more'
}

has_history() {
    same "$(ls -A | xargs)" ".outbox .schema $1"
    same "$(ls -A "$1" | xargs)" ".d alice.json notes.txt"
    same "$(ls -A .schema)" "$1.json"
    json "$1/alice.json" '.age == 4'
    holds "$1/alice.json@1" "$ALICE"$'\n'
    json "$1/alice.meta" '.collection == $name and .version == 2' --arg name "$1"
    same "$(jq -r '"\(.op) \(.collection)"' "$1/alice.audit.jsonl" | xargs)" \
        "create users update users"
    holds "$1/notes.txt" $'an ordinary file\n'
    holds "$1/.d/more" $'and one more\n'
    holds ".schema/$1.json" "$USERS_SCHEMA"$'\n'
    holds ".schema/$1.json@1" "$USERS_SCHEMA"$'\n'
    same "$(jq -r '"\(.op) \(.id) \(.from)"' ".schema/$1.audit.jsonl" | xargs)" \
        "create users null rename $1 .schema/users"
}

@test "mv users people: schema, entities, history and ordinary files, in one commit" {
    make_history
    inodes=$(stat -c %i users users/alice.json users/notes.txt)
    mv users people
    has_history people
    same "$(stat -c %i people people/alice.json people/notes.txt)" "$inodes"
    is_absent users
    is_absent .schema/users.json
    refused ENOENT cat users/alice.json
    restart
    has_history people
    append people/alice.json '{"age": 5}'
    has_version people/alice.json 3
    same "$(jq -r .collection people/alice.audit.jsonl | xargs)" "users users people"
}

@test "mv .schema/users.json .schema/people.json is the same" {
    make_history
    mv .schema/users.json .schema/people.json
    has_history people
    is_absent users
    has_version .schema/people.json 2
    restart
    has_history people
}

@test "the schema is in force as before, and the old name is free" {
    make_alice
    mv users people
    refused EBADMSG put people/bob.json '{"name": "Bob"}'
    refused EEXIST put people/bob.json "$ALICE"
    has "$(jq -r .detail people/.errors/bob.json)" "people.email"
    json people/.errors/bob.json '.instance == "people/bob.json"'
    mkdir users
    put users/alice.json '{"another": true}'
    has_version users/alice.json 1
    same "$(jq -r .op .schema/users.audit.jsonl | xargs)" create
}

@test "events have the name that the collection had" {
    make_alice
    mv users people
    append people/alice.json '{"age": 5}'
    same "$(pending | sed 's/^0*[0-9]*-//' | xargs)" "users.created.json people.updated.json"
    same "$(jq -r .collection .outbox/pending/* | xargs)" "users people"
    mkdir .outbox/claimed/me
    mv .outbox/pending/*users.created.json .outbox/claimed/me
    rm .outbox/claimed/me/*
    same "$(ls .outbox/dispatched | wc -l)" 1
}

@test "an empty collection that has the name is dropped, any other stays" {
    make_alice
    mkdir people
    for file in people/a.json people/a.txt; do
        put "$file" '{"n": 1}'
        python 'refused(errno.ENOTEMPTY, os.rename, "users", "people")'
        python 'refused(errno.ENOTEMPTY, os.rename, ".schema/users.json", ".schema/people.json")'
        has "$(jq -r .detail .schema/.errors/people.json)" "the collection" "still has"
        holds "$file" '{"n": 1}'$'\n'
        rm "$file"
    done
    touch people/a.json
    python 'refused(errno.ENOTEMPTY, os.rename, "users", "people")'
    is_there people/a.json
    rm people/a.json
    mv -T users people
    is_absent .schema/.errors/people.json
    holds people/alice.json "$ALICE"$'\n'
    same "$(ls -A | xargs)" ".outbox .schema people"
    same "$(jq -r .op .schema/people.audit.jsonl | xargs)" "create rename"
}

@test "RENAME_NOREPLACE and RENAME_EXCHANGE" {
    make_alice
    mkdir people
    put people/p.json '{"p": 1}'
    put people/p.txt 'an ordinary file'
    python '
refused(errno.EEXIST, rename2, "users", "people", NOREPLACE)
refused(errno.EEXIST, rename2, ".schema/users.json", ".schema/people.json", NOREPLACE)
rename2("users", "people", EXCHANGE)
same([sorted(os.listdir("users")), os.listdir("people")], [["p.json", "p.txt"], ["alice.json"]])
rename2(".schema/users.json", ".schema/people.json", EXCHANGE)
same([sorted(os.listdir("people")), os.listdir("users")], [["p.json", "p.txt"], ["alice.json"]])
write("file", b"1"); os.mkdir(".d")
for other in "file", ".d":
    for a, b in ("users", other), (other, "users"):
        try: rename2(a, b, EXCHANGE)
        except OSError as error: same(error.errno in (errno.EEXIST, errno.EPERM), True)
        else: raise AssertionError((a, b))
refused(errno.ENOENT, rename2, "users", "none", EXCHANGE)
rename2("users", "free", NOREPLACE)'
    refused EBADMSG put free/x.json '{}'
    holds people/p.json '{"p": 1}'$'\n'
    same "$(ls -A | xargs)" ".d .outbox .schema file free people"
}

@test "a collection stays one, and in the root" {
    make_alice
    mkdir posts 1a .d
    put people 'an ordinary file'
    refused EPERM mv users posts
    refused EPERM mv users 1a
    refused EPERM mv users .d
    refused EPERM mv users users.old
    refused EPERM mv -T users 1a
    refused ENAMETOOLONG mv users "$(printf 'x%.0s' {1..65})"
    refused EBADMSG mv .schema/users.json .schema/1a.json
    refused EPERM mv .schema/users.json posts/users.json
    refused EPERM mv users/alice.json .schema/alice.json
    # mv 9.1 sometimes misreads this EEXIST, so ask rename(2).
    python 'refused(errno.EEXIST, os.rename, ".schema/users.json", ".schema/people.json")'
    if mv -T users people 2>/dev/null; then fail "it hides an ordinary file"; fi
    refused EPERM mv -T 1a users
    refused EPERM mv 1a free
    has "$(jq -r .detail .errors.jsonl)" "users is a collection, which stays in the root" \
        "users is a collection, and 1a is no name of one" "people is the name of an ordinary file"
    same "$(ls -A | xargs)" ".d .outbox .schema 1a people posts users"
    holds users/alice.json "$ALICE"$'\n'
    holds people $'an ordinary file\n'
}

@test "a collection that others refer to keeps its name" {
    make_alice
    put .schema/posts.json '{"properties": {"by": {"x-ref": "users"}}}'
    put posts/p.json '{"by": "alice"}'
    python 'refused(errno.EEXIST, os.rename, "users", "people")'
    same "$(jq -r .detail .schema/.errors/people.json)" \
        "users, whose name would change, is referred to by posts/p.json (by)"
    rm posts/p.json
    put .schema/posts.json '{"properties": {"by": {"$ref": "users"}}}'
    python 'refused(errno.EEXIST, os.rename, ".schema/users.json", ".schema/people.json")'
    same "$(jq -r .detail .schema/.errors/people.json)" \
        "the schema of posts refers to the one of users"
    json users/alice.meta '.collection == "users"'
    rm .schema/posts.json
    put .schema/tree.json '{"properties": {"sub": {"$ref": "tree"}}}'
    python 'refused(errno.EEXIST, os.rename, "tree", "people")'
    put .schema/tree.json '{"properties": {"sub": {"$ref": "#"}}}'
    mv tree forest
    refused EBADMSG put forest/a.json '{"sub": {"sub": 1, "sub": 2}}'
    mv users people
}

@test "what is open goes on" {
    make_alice
    put users/notes.txt 'some'
    python '
reader = os.open("users/alice.json", R)
writer = os.open("users/alice.json", W)
new = os.open("users/bob.json", W | CREAT)
file = os.open("users/notes.txt", RW | APPEND)
here = os.open("users", os.O_RDONLY | os.O_DIRECTORY)
os.rename("users", "people")
same(os.pread(reader, 100, 0), b"{\"name\": \"Alice\", \"email\": \"alice@example.org\"}\n")
data = b"{\"name\": \"Alicia\", \"email\": \"alice@example.org\"}"
os.truncate(writer, 0)
same(os.write(writer, data), len(data))
same(read("people/alice.json"), data)
same(version("people/alice.json"), 2)
os.write(new, data.replace(b"alice@", b"bob@"))
same(version("people/bob.json"), 1)
os.write(file, b" more"); os.fsync(file)
same(read("people/notes.txt"), b"some\n more")
same(sorted(os.listdir(here)), ["alice.json", "bob.json", "notes.txt"])
same(sorted(os.listdir("people")), sorted(os.listdir(here)))
for fd in reader, writer, new, file, here: os.close(fd)'
    is_absent users
}

@test "who writes meanwhile writes to the entity, or is refused" {
    mkdir a
    put a/x.json '{"n": 0}'
    python '
writers = []
for w in range(4):
    pid = os.fork()
    if pid == 0:
        done = 0
        for i in range(150):
            for folder in "a", "b":
                try:
                    done += write(f"{folder}/w{w}.json", b"{\"n\": %d}" % i) > 0
                    write(f"{folder}/w{w}.txt", b"%d" % i)
                    break
                except FileNotFoundError: pass
        os._exit(0 if done else 1)
    writers.append(pid)
for i in range(40):
    os.rename(*(("a", "b"), ("b", "a"))[i % 2])
same([os.waitpid(pid, 0)[1] for pid in writers], [0] * 4)
same(os.listdir("b") if os.path.exists("b") else [], [])
same(len(os.listdir("a")), 9)
same(version("a/x.json"), 1)'
    records=$(jq -s 'map(select(.id == "a" or .id == "b")) | length' .schema/a.audit.jsonl)
    same "$records" 41
    for w in 0 1 2 3; do
        json "a/w$w.meta" '.collection == "a"'
        same "$(version "a/w$w.json")" "$(jq -s length "a/w$w.audit.jsonl")"
    done
}

@test "with -o schema=DIR the files and the collections are renamed in either order" {
    FOLDER=$BATS_TEST_TMPDIR/schemas
    mkdir "$FOLDER"
    put "$FOLDER/users.json" "$USERS_SCHEMA"
    restart -o "schema=$FOLDER"
    put users/alice.json "$ALICE"
    mv "$FOLDER/users.json" "$FOLDER/people.json"
    until_true 10 test -d people
    mv -T users people
    same "$(ls)" people
    restart -o "schema=$FOLDER"
    same "$(ls)" people
    mv people folks
    mv "$FOLDER/people.json" "$FOLDER/folks.json"
    restart -o "schema=$FOLDER"
    same "$(ls)" folks
    holds folks/alice.json "$ALICE"$'\n'
    has_version .schema/folks.json 3
}

@test "a file of -o schema=DIR that keeps the old name makes a collection of that name" {
    FOLDER=$BATS_TEST_TMPDIR/schemas
    mkdir "$FOLDER"
    put "$FOLDER/users.json" "$USERS_SCHEMA"
    restart -o "schema=$FOLDER"
    put users/alice.json "$ALICE"
    mv users people
    is_absent users
    restart -o "schema=$FOLDER"
    same "$(ls | xargs)" "people users"
    same "$(ls -A users)" ""
    holds people/alice.json "$ALICE"$'\n'
}

@test "mkdir obeys its mode, the umask, and a root with the set-gid bit" {
    (umask 0 && mkdir -m 0 none && mkdir -m 1777 all && mkdir -m 750 some)
    same "$(stat -c %a none all some | xargs)" "0 1777 750"
    chgrp 5000 .
    chmod g+s .
    mkdir heirs
    same "$(stat -c '%a %g' heirs)" "2755 5000"
}
