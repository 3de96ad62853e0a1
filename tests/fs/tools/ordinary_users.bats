# Programs that keep files of their own in a collection, and those that wait for what happens there.
load programs

@test "sqlite keeps a database beside the entities" {
    make_people
    put people/a.json "$(person 1)"
    for mode in delete truncate persist wal; do
        database=people/$mode.db
        sqlite3 "$database" "pragma journal_mode=$mode; create table t(x primary key);
            insert into t select value from generate_series(1, 2000);" >/dev/null
        fails 19 sqlite3 -bail "$database" 'begin; delete from t; insert into t values (1), (1); commit;'
        sqlite3 "$database" 'update t set x = x + 5000; delete from t where x % 7 = 0; vacuum;'
        same "$(sqlite3 "$database" 'select count(*) from t; pragma integrity_check;' | xargs)" "1714 ok"
    done
    restart
    same "$(sqlite3 people/wal.db 'select count(*) from t; pragma integrity_check;' | xargs)" "1714 ok"
    is_at people/a.json 1
}

@test "sqlite: 4 processes write to one database" {
    make_people
    for mode in delete wal; do
        sqlite3 people/$mode.db "pragma journal_mode=$mode; create table t(n);" >/dev/null
        workers=()
        for w in 1 2 3 4; do
            for _ in {1..10}; do echo "insert into t values ($w);"; done |
                sqlite3 -cmd '.timeout 20000' people/$mode.db 3>&- &
            workers+=($!)
        done
        for worker in "${workers[@]}"; do wait "$worker"; done
        same "$(sqlite3 people/$mode.db 'select count(*) from t; pragma integrity_check;' | xargs)" "40 ok"
    done
}

@test "sqlite loads entities, and writes one" {
    make_people
    for n in 1 2 3; do put people/$n.json "$(person "$n")"; done
    same "$(sqlite3 :memory: "select sum(json_extract(readfile('people/' || value || '.json'), '\$.age'))
        from generate_series(1, 3)")" 6
    sqlite3 :memory: "select writefile('people/3.json', json_object('name', 'Cy', 'age', 33) || char(10))"
    holds people/3.json '{"name":"Cy","age":33}'$'\n'
    is_at people/3.json 2
}

@test "gcc, ar and make build a program there, and it runs" {
    make_people
    put people/a.json "$(person 1)"
    mkdir people/.src
    cd people/.src
    put main.c '#include <stdio.h>
int other(void);
int main(void) { return printf("%d\n", other()) < 0; }'
    put other.c 'int other(void) { return 41; }'
    printf '%s\n' 'main: main.o libother.a' $'\tgcc -o $@ $^' 'libother.a: other.o' $'\tar rcs $@ $^' >makefile
    make -s
    same "$(./main)" 41
    same "$(make)" "make: 'main' is up to date."
    sed -i s/41/42/ other.c
    touch -d '+2 seconds' other.c
    make -s
    same "$(./main)" 42
    gcc -shared -fPIC -o libother.so other.c
    python3 -c 'import ctypes; assert ctypes.CDLL("./libother.so").other() == 42'
    cd ../..
    is_at people/a.json 1
}

@test "grep, find, du, wc and ls see what is there, once" {
    make_people
    for n in 1 2 3; do put people/$n.json "$(person "$n")"; done
    put people/notes.txt Alice
    same "$(grep -rl Alice people | sort | xargs)" \
        "people/1.json people/2.json people/3.json people/notes.txt"
    same "$(cat people/*.json | wc -c)" 75
    same "$(wc -c people/*.json | tail -n 1 | xargs)" "75 total"
    touch -d '2020-02-02' people/2.json
    touch -d '2021-02-02' "$OUT/reference"
    same "$(find people -name '*.json' ! -newer "$OUT/reference")" people/2.json
    same "$(find people -type f -size -1k | wc -l)" 0
    same "$(find people -type f | wc -l)" 4
    same "$(ls -l --time-style=+%Y people/2.json | awk '{ print $2, $5, $6 }')" "1 25 2020"
    (($(du -s people | cut -f 1) >= 2)) || fail "du: $(du -s people)"
    same "$(du -ab people | wc -l)" 5
}

# grows FILE: whether what tail has said ends in this line.
last_is() { [[ $(tail -n 1 "$1") == "$2" ]]; }

@test "tail -f follows a log, and -F one that is rotated" {
    make_people
    put people/log.txt one
    tail -s 0.1 -n +1 -F people/log.txt >"$OUT/followed" 2>/dev/null 3>&- &
    follower=$!
    until_true 10 last_is "$OUT/followed" one
    append people/log.txt two
    until_true 10 last_is "$OUT/followed" two
    mv people/log.txt people/log.1
    append people/log.txt three
    until_true 10 last_is "$OUT/followed" three
    kill "$follower"
    wait "$follower" || true
    same "$(xargs <"$OUT/followed")" "one two three"
}

# watch: begins to write what happens in people to $OUT/seen.
watch() {
    inotifywait -m -o "$OUT/seen" --format '%e %f' people 2>"$OUT/watching" 3>&- &
    watcher=$!
    until_true 10 grep -q established "$OUT/watching"
}

seen() { until_true 10 grep -qxF -e "$1" "$OUT/seen"; }

# The first of these events that are there, in order.
in_order() { same "$(grep -xF "$(printf '%s\n' "$@")" "$OUT/seen" | uniq)" "$(printf '%s\n' "$@")" inotify; }

@test "inotify sees what is done to entities and to ordinary files" {
    make_people
    watch
    for name in a.json a.txt; do
        cat >"people/$name" <<<"$(person 1)"
        mv "people/$name" "people/b.${name#a.}"
        rm "people/b.${name#a.}"
    done
    seen "DELETE b.txt"
    kill "$watcher"
    wait "$watcher" || true
    for ending in json txt; do
        in_order "CREATE a.$ending" "OPEN a.$ending" "MODIFY a.$ending" "CLOSE_WRITE,CLOSE a.$ending" \
            "MOVED_FROM a.$ending" "MOVED_TO b.$ending" "DELETE b.$ending"
    done
}

@test "inotify sees a save by each kind of program" {
    make_people
    put people/a.json "$(person 1)"
    watch
    echo "$(person 2)" | tee people/a.json >/dev/null
    seen "CLOSE_WRITE,CLOSE a.json"
    sed -i s/2/3/ people/a.json
    seen "MOVED_TO a.json"
    sed -i.bak s/3/4/ people/a.json
    seen "MOVED_FROM a.json"
    seen "MOVED_TO a.json.bak"
    ruby -i -pe 'sub(/4/, "5")' people/a.json
    seen "DELETE a.json"
    seen "CREATE a.json"
    kill "$watcher"
    wait "$watcher" || true
    is_at people/a.json 5
}
