# What is asked of every editor. A case is given the editor, and what else is on its command line.
load lib
load editors

FILE=people/a.json
LEFT= # what the folder holds in the end, when it is not a.json alone

teardown() {
    local bad=0
    screen_close || bad=1
    teardown_of_tools || bad=1
    return "$bad"
}

edit() {
    make_people
    put_by_other $FILE '{"name": "Ada"}'
    see "$@"
}

see() { (cd people && "$1_open" a.json "${@:2}"); }

saved_as() {
    until_true "$SCREEN_LIMIT" at_version $FILE "$1" || fail "the screen:" "$(screen)"
}

# save_as E VERSION TEXT
save_as() {
    "$1_type" "$3" && "$1_save" && saved_as "$2" || return
    same "$(cat $FILE)" "$3"
    is_at $FILE "$2" "$INODE"
}

inode() { stat -c %i "${1:-$FILE}"; }

# A name that is not there yet, and once more in the same session.
creates() {
    make_people
    see "$@"
    INODE= save_as "$1" 1 '{"name": "Ada"}'
    INODE=$(inode) save_as "$1" 2 '{"name": "Bob"}'
    "$1_quit"
    lists people "${LEFT:-a.json|}"
    is_at $FILE 2
}

# What is there, and once more in the same session.
edits() {
    edit "$@"
    INODE=$(inode)
    save_as "$1" 2 '{"name": "Bob"}'
    save_as "$1" 3 '{"name": "Carol", "age": 3}'
    "$1_quit"
    lists people "${LEFT:-a.json|}"
    is_at $FILE 3 "$INODE"
}

as_it_was() {
    holds $FILE '{"name": "Ada"}'$'\n'
    is_at $FILE 1 "$INODE"
}

# A document that the schema does not allow. Whoever renames its backup back ($UNDOES) may see that
# file's inode.
is_refused() {
    edit "$@"
    INODE=${UNDOES-$(inode)}
    "$1_type" '{"age": 1}'
    "$1_save"
    "$1_told"
    as_it_was
    "$1_quit"
    as_it_was
    lists people "${LEFT:-a.json|}"
}

# The same, under a name that is not there yet.
is_refused_anew() {
    make_people
    see "$@"
    "$1_type" '{"age": 1}'
    "$1_save"
    "$1_told"
    "$1_quit"
    lists people "$LEFT"
    same "$(pending)" "" "the events"
}

# What is no document, and then is.
BROKEN='{"name": "Bob", '
is_corrected() {
    edit "$@"
    INODE=${UNDOES-$(inode)}
    "$1_type" "$BROKEN"
    "$1_save"
    "$1_told"
    as_it_was
    save_as "$1" 2 '{"name": "Bob"}'
    "$1_quit"
    lists people "${LEFT:-a.json|}"
}

# Seconds later, as most editors count these.
EVE='{"name": "Eve", "age": 42}'
is_changed_by_another() {
    put_by_other $FILE "$EVE"
    touch -d '+5 seconds' $FILE
}

saves_behind_another() {
    edit "$@"
    is_changed_by_another
    INODE=$(inode)
    "$1_noticed"
    "$1_type" '{"name": "Bob"}'
    "$1_save"
}

# Another process has changed it meanwhile: who did not read that is told, and cannot overwrite it.
is_overtaken() {
    saves_behind_another "$@"
    "$1_insists"
    "$1_told"
    holds $FILE "$EVE"$'\n'
    "$1_quit"
    holds $FILE "$EVE"$'\n'
    is_at $FILE 2 "$INODE"
    lists people "${LEFT:-a.json|}"
}

# The same with an editor that reads the file itself before it overwrites it, to compare it, or for
# a backup: it asks, and does what it is told.
is_asked() {
    saves_behind_another "$@"
    "$1_asks"
    is_at $FILE 2 "$INODE"
    holds $FILE "$EVE"$'\n'
    "$1_insists"
    saved_as 3
    is_at $FILE 3 "$INODE"
    "$1_quit"
    lists people "${LEFT:-a.json|}"
}

# An editor that does not look at what close() says of a text that was cut off.
closes_its_eyes() {
    edit "$@"
    INODE=$(inode)
    "$1_type" "$BROKEN"
    "$1_save"
    until_true "$SCREEN_LIMIT" test -e people/.errors/a.json
    as_it_was
    "$1_quit"
    as_it_was
    lists people "${LEFT:-a.json|}"
}
