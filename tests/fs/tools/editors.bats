# Editors that write into the file they have: kakoune, nano, micro and mcedit, and ed.
load editor_cases

@test "kakoune creates" { creates kak; }
@test "kakoune edits, and edits again" { edits kak; }
@test "kakoune is told that its text is refused, and nothing has changed" { is_refused kak; }
@test "kakoune is told that its new file is refused" { is_refused_anew kak; }
@test "kakoune is told, and its corrected text is taken" {
    BROKEN='{"name": "Bob"}}' is_corrected kak
}
@test "kakoune does not look at what close says" { closes_its_eyes kak; }
@test "kakoune asks, and reads what another process has changed" {
    edit kak
    INODE=$(inode)
    is_changed_by_another
    shows "reload .*\\?"
    keys y
    shows Eve
    save_as kak 3 '{"name": "Bob"}'
    kak_quit
    lists people "a.json|"
}

@test "nano creates" { creates nano; }
@test "nano edits, and edits again" { edits nano; }
@test "nano is told that its text is refused, and nothing has changed" { is_refused nano; }
@test "nano is told that its new file is refused" { is_refused_anew nano; }
@test "nano is told, and its corrected text is taken" { is_corrected nano; }
@test "nano cannot overwrite what it did not read" { is_overtaken nano; }

@test "micro creates" { creates micro; }
@test "micro edits, and edits again" { edits micro; }
@test "micro is told that its text is refused, and nothing has changed" { is_refused micro; }
@test "micro is told that its new file is refused" { is_refused_anew micro; }
@test "micro is told, and its corrected text is taken" { is_corrected micro; }
@test "micro cannot overwrite what it did not read" { is_overtaken micro; }

@test "mcedit creates" { creates mcedit; }
@test "mcedit edits, and edits again" { edits mcedit; }
@test "mcedit is told that its text is refused, and nothing has changed" { is_refused mcedit; }
@test "mcedit is told that its new file is refused" { is_refused_anew mcedit; }
@test "mcedit is told, and its corrected text is taken" { is_corrected mcedit; }
@test "mcedit cannot overwrite what it did not read" { is_overtaken mcedit; }

@test "ed creates" { creates ed; }
@test "ed edits, and edits again" { edits ed; }
@test "ed is told that its text is refused, and nothing has changed" { is_refused ed; }
@test "ed is told that its new file is refused" { is_refused_anew ed; }
@test "ed is told, and its corrected text is taken" { is_corrected ed; }
@test "ed cannot overwrite what it did not read" { is_overtaken ed; }

