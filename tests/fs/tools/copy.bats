# Programs that copy and move.
load programs

by_cp() { source_of "$2" && cp "$SOURCE" "$1"; }
by_cp_p() { source_of "$2" && touch -d '2020-02-02 02:02:02.222222222' "$SOURCE" && cp -p "$SOURCE" "$1"; }
by_cp_a() { source_of "$2" && cp -a "$SOURCE" "$1"; }
by_cp_remove() { source_of "$2" && cp --remove-destination "$SOURCE" "$1"; }
by_cp_force() { source_of "$2" && cp -f "$SOURCE" "$1"; }
by_cp_backup() { source_of "$2" && cp --backup=simple "$SOURCE" "$1"; }
by_cp_here() { echo "$2" >people/draft && cp people/draft "$1"; }
by_mv() { source_of "$2" && mv "$SOURCE" "$1"; }
by_mv_here() { echo "$2" >people/draft && mv people/draft "$1"; }
by_mv_backup() { echo "$2" >people/draft && mv --backup=simple people/draft "$1"; }
by_install() { source_of "$2" && install -m 640 "$SOURCE" "$1"; }
by_install_p() { source_of "$2" && install -p "$SOURCE" "$1"; }
by_install_c() { source_of "$2" && install -C "$SOURCE" "$1"; }
by_install_b() { source_of "$2" && install -b "$SOURCE" "$1"; }

@test "cp" {
    course kept by_cp
    lists people 'a.json|'
}

@test "cp -p keeps the time and the mode" {
    course kept by_cp_p
    same "$(stat -c '%y %a' people/a.json)" "$(stat -c '%y %a' "$SOURCE")"
    put people/a.json "$(person 7)"
    [[ $(stat -c %Y people/a.json) -gt $(date -d 2021-01-01 +%s) ]] || fail "the time was kept by a write"
}

@test "cp -a" {
    course kept by_cp_a
    same "$(stat -c '%y %a' people/a.json)" "$(stat -c '%y %a' "$SOURCE")"
}

@test "cp --remove-destination" {
    course free by_cp_remove
    lists people 'a.json|'
}

@test "cp -f" {
    course kept by_cp_force
}

@test "cp --backup" {
    GONE=(a.json~) # it is renamed back
    course free by_cp_backup
    the_backup people/a.json~
}

@test "cp within the mount" {
    LITTER=(draft)
    course kept by_cp_here
    lists people 'a.json|draft|'
}

@test "cp of an entity is a new entity" {
    make_people
    put people/a.json "$(person 1)"
    cp people/a.json people/b.json
    cp -a people/a.json people/c.json
    for name in a b c; do is_at people/$name.json 1; done
    cp -n people/b.json people/c.json
    cp -u people/a.json people/b.json
    for name in a b c; do is_at people/$name.json 1; done
    lists people 'a.json|b.json|c.json|'
}

@test "mv from another file system" {
    course free by_mv
    lists people 'a.json|'
    is_absent "$SOURCE"
}

@test "mv from another file system leaves the source of what is refused" {
    make_people
    put people/a.json "$(person 1)"
    source_of '{"name":7}'
    refused EBADMSG mv "$SOURCE" people/a.json
    holds "$SOURCE" '{"name":7}'$'\n'
    holds people/a.json "$(person 1)"$'\n'
    is_at people/a.json 1
}

@test "mv within the mount" {
    LITTER=(draft)
    course new by_mv_here
    lists people 'a.json|'
}

@test "mv --backup" {
    LITTER=(draft)
    course new by_mv_backup
    the_backup people/a.json~
}

@test "mv to a backup and back, in one process and in two" {
    make_people
    put people/a.json "$(person 1)"
    python '
os.rename("people/a.json", "people/a.json.bak")
os.rename("people/a.json.bak", "people/a.json")'
    is_at people/a.json 1
    lists people 'a.json|'
    mv people/a.json people/a.json.bak
    mv people/a.json.bak people/a.json
    holds people/a.json "$(person 1)"$'\n'
    lists people 'a.json|'
}

@test "mv out of the mount deletes" {
    make_people
    put people/a.json "$(person 1)"
    mv people/a.json "$OUT/out.json"
    holds "$OUT/out.json" "$(person 1)"$'\n'
    same "$(ls -A people)" ""
    until_true 5 grep -q '"op": *"delete"' people/a.audit.jsonl
}

@test "install" {
    course free by_install
    same "$(stat -c %a people/a.json)" 640
    lists people 'a.json|'
}

@test "install -p keeps the time" {
    course free by_install_p
    same "$(stat -c %y people/a.json)" "$(stat -c %y "$SOURCE")"
}

@test "install -C copies what differs, alone" {
    course free by_install_c
    by_install_c people/a.json "$(person 6)"
    is_at people/a.json 6
}

@test "install -b" {
    GONE=(a.json~) # it is renamed back
    course free by_install_b
    the_backup people/a.json~
}

@test "ln makes no second name of an entity" {
    make_people
    put people/a.json "$(person 1)"
    refused EPERM ln people/a.json people/b.json
    refused EPERM ln people/a.json people/b.txt
    ln -s a.json people/link
    holds people/link "$(person 1)"$'\n'
    lists people 'a.json|link|'
}
