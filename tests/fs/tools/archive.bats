# Programs that carry trees: rsync, and archives.
load programs

by_rsync() { source_of "$2" && rsync -I "${RSYNC[@]}" "$SOURCE" "$1"; }

in_archive() {
    source_of "$2"
    (cd "$OUT" && "${@:3}" "$SOURCE_NAME")
}
by_tar() { in_archive "$@" tar -cf archive && tar -C people -xf "$OUT/archive"; }
by_tar_overwrite() { in_archive "$@" tar -cf archive && tar -C people --overwrite -xf "$OUT/archive"; }
by_tar_unlink() { in_archive "$@" tar -cf archive && tar -C people -U -xf "$OUT/archive"; }
by_cpio() { in_archive "$@" cpio_one && cpio -iu --quiet -D people -F "$OUT/archive"; }
by_unzip() { rm -f "$OUT/a.zip" && in_archive "$@" zip -q a.zip && unzip -q -o -d people "$OUT/a.zip" </dev/null; }
cpio_one() { echo "$1" | cpio -o --quiet -F archive; }

# tree: a folder of people, $TREE, made some time ago.
tree() {
    TREE=$OUT/people
    mkdir "$TREE"
    for n in 1 2 3 4 5; do person "$n" >"$TREE/$n.json"; done
    echo notes >"$TREE/notes.txt"
    mkdir "$TREE/.old"
    ln -s 1.json "$TREE/first"
    chmod 640 "$TREE/2.json"
    touch -h -d '2020-02-02 02:02:02.222222222' "$TREE"/* "$TREE/.old" "$TREE"
}

# are_at N: each of the people in the tree.
are_at() {
    local n
    for n in 1 2 3 4 5; do is_at people/$n.json "$1"; done
}

@test "rsync" {
    course new by_rsync
    lists people 'a.json|'
}

@test "rsync -a" {
    RSYNC=(-a)
    course new by_rsync
    same "$(stat -c '%y %a' people/a.json)" "$(stat -c '%y %a' "$SOURCE")"
    lists people 'a.json|'
}

@test "rsync --inplace" {
    RSYNC=(--inplace)
    course kept by_rsync
    lists people 'a.json|'
}

@test "rsync --delay-updates" {
    RSYNC=(--delay-updates)
    LITTER=(.~tmp~)
    course new by_rsync
    lists people 'a.json|'
}

@test "rsync --backup" {
    RSYNC=(--backup)
    course new by_rsync
    the_backup people/a.json~
}

@test "rsync --no-whole-file sends differences" {
    RSYNC=(--no-whole-file)
    course new by_rsync
}

@test "rsync -a: the second time there is nothing to do" {
    make_people
    tree
    rsync -a "$TREE/" people/
    are_at 1
    same "$(rsync -ai "$TREE/" people/)" ""
    same "$(rsync -aic "$TREE/" people/)" ""
    are_at 1
    same "$(find people -newer "$TREE" ! -name people)" ""
    touch -d '2020-02-03' "$TREE/2.json"
    same "$(rsync -ai "$TREE/" people/)" ">f..t...... 2.json"
    same "$(rsync -ai "$TREE/" people/)" ""
    are_at 1
}

@test "rsync -X carries a user's attributes, and not ours" {
    make_people
    tree
    setfattr -n user.colour -v red "$TREE/1.json"
    rsync -aX "$TREE/" people/
    same "$(rsync -aiX "$TREE/" people/)" ""
    same "$(getfattr --only-values -n user.colour people/1.json)" red
    are_at 1
    rsync -aX people/ "$OUT/back/"
    same "$(getfattr -d "$OUT/back/1.json" | grep =)" 'user.colour="red"'
}

@test "rsync -a of what has changed, and --delete" {
    make_people
    tree
    rsync -a "$TREE/" people/
    person 33 >"$TREE/3.json"
    rm "$TREE/4.json"
    same "$(rsync -ai --delete "$TREE/" people/ | awk '{ print $NF }' | sort | xargs)" "./ 3.json 4.json"
    is_at people/3.json 2
    is_at people/2.json 1
    is_absent people/4.json
    same "$(rsync -ai --delete "$TREE/" people/)" ""
}

@test "rsync -a out of the mount and back" {
    make_people
    tree
    rsync -a "$TREE/" people/
    rsync -a people "$OUT/backup/"
    same "$(rsync -ai people "$OUT/backup/")" ""
    diff -r "$TREE" "$OUT/backup/people"
    same "$(rsync -ai "$OUT/backup/people" .)" ""
    are_at 1
}

@test "rsync tells which one is refused, and sends the others" {
    make_people
    tree
    echo '{"name":7}' >"$TREE/3.json"
    fails 23 rsync -a "$TREE/" people/
    has "$said" 3.json "$(errno_text EBADMSG)"
    for n in 1 2 4 5; do is_at people/$n.json 1; done
    is_absent people/3.json
    same "$(ls -A people | xargs)" ".old 1.json 2.json 4.json 5.json first notes.txt"
}

@test "tar x" {
    course free by_tar
    same "$(stat -c %Y people/a.json)" "$(stat -c %Y "$SOURCE")"
    lists people 'a.json|'
}

@test "tar x --overwrite" {
    course kept by_tar_overwrite
    lists people 'a.json|'
}

@test "tar x --unlink-first" {
    course free by_tar_unlink
    lists people 'a.json|'
}

@test "tar of a tree, and tar d" {
    make_people
    tree
    for n in 1 2; do
        tar -C "$OUT" -cf "$OUT/archive" people
        tar -xf "$OUT/archive"
        are_at 1
        tar -df "$OUT/archive"
    done
    tar -cf "$OUT/archive" people
    tar -C "$OUT" -df "$OUT/archive"
}

@test "cpio -u" {
    course free by_cpio
    lists people 'a.json|'
}

@test "cpio -p" {
    make_people
    tree
    (cd "$TREE" && find . -depth | cpio -pdum --quiet "$MNT/people")
    are_at 1
    diff -r "$TREE" people
}

@test "unzip -o" {
    SAYS=a.json
    INVALID=('{"name":"Alice","age":"old"}') # unzip does not look at what close(2) says
    course free by_unzip
    lists people 'a.json|'
}

@test "zip of a collection" {
    make_people
    tree
    cp -a "$TREE/." people
    zip -qry "$OUT/people.zip" people
    mkdir "$OUT/unzipped"
    unzip -q -d "$OUT/unzipped" "$OUT/people.zip"
    diff -r "$TREE" "$OUT/unzipped/people"
}
