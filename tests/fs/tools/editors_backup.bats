# Editors that keep a backup: emacs, which renames the file to it, and joe, which copies.
load editor_cases

@test "emacs creates" { LEFT='a.json|a.json~|' creates emacs; }
@test "emacs edits, and edits again" { LEFT='a.json|a.json~|' edits emacs; }
@test "emacs is told that its text is refused, and nothing has changed" {
    LEFT='#a.json#|a.json|' UNDOES= is_refused emacs
}
@test "emacs is told that its new file is refused" { LEFT='#a.json#|' is_refused_anew emacs; }
@test "emacs is told, and its corrected text is taken" {
    LEFT='a.json|a.json~|' UNDOES= is_corrected emacs
}
@test "emacs asks before it overwrites what another process has changed" {
    LEFT='a.json|a.json~|' is_asked emacs
    holds people/a.json~ "$EVE"$'\n'
}

@test "joe creates" { creates joe; }
@test "joe edits, and edits again" { LEFT='a.json|a.json~|' edits joe; }
@test "joe is told that its text is refused, and nothing has changed" {
    LEFT='a.json|a.json~|' is_refused joe
}
@test "joe is told that its new file is refused" { LEFT='' is_refused_anew joe; }
@test "joe is told, and its corrected text is taken" {
    LEFT='a.json|a.json~|' BROKEN='{"name": "Bob"}}' is_corrected joe
}
@test "joe asks before it overwrites what another process has changed" {
    LEFT='a.json|a.json~|' is_asked joe
    holds people/a.json~ "$EVE"$'\n'
}
@test "joe does not look at what close says" { LEFT='a.json|a.json~|' closes_its_eyes joe; }

@test "emacs reads what another process has changed, and edits that" {
    edit emacs
    INODE=$(inode)
    is_changed_by_another
    keys C-x h C-w
    shows "really edit the buffer"
    keys r
    shows Eve
    save_as emacs 3 '{"name": "Bob"}'
    emacs_quit
    lists people "a.json|a.json~|"
}

@test "emacs saves by itself, and locks, beside the entity" {
    edit emacs
    INODE=$(inode)
    emacs_type '{"name": "B'
    keys M-x
    shows "M-x"
    text do-auto-save
    keys Enter
    until_true "$SCREEN_LIMIT" test -e 'people/#a.json#'
    lists people "#a.json#|.#a.json|a.json|"
    as_it_was
    text 'ob"}'
    emacs_save
    saved_as 2
    emacs_quit
    lists people "a.json|a.json~|"
    holds people/a.json~ '{"name": "Ada"}'$'\n'
    is_at $FILE 2 "$INODE"
}
