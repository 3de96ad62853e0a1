# vim, with its settings that change how it saves, and neovim.
load editor_cases

yes=(-c 'set backupcopy=yes')
no=(-c 'set backupcopy=no')
undo=(--cmd 'set undofile')

@test "vim creates" { creates vim; }
@test "vim edits, and edits again" { edits vim; }
@test "vim is told that its text is refused, and nothing has changed" { is_refused vim; }
@test "vim is told that its new file is refused" { is_refused_anew vim; }
@test "vim is told, and its corrected text is taken" { is_corrected vim; }
@test "vim cannot overwrite what it did not read" { is_overtaken vim; }

@test "vim (backupcopy=yes) creates" { creates vim "${yes[@]}"; }
@test "vim (backupcopy=yes) edits, and edits again" { edits vim "${yes[@]}"; }
@test "vim (backupcopy=yes) is told that its text is refused, and nothing has changed" {
    LEFT='a.json|a.json~|' is_refused vim "${yes[@]}"
}
@test "vim (backupcopy=yes) is told that its new file is refused" {
    is_refused_anew vim "${yes[@]}"
}
@test "vim (backupcopy=yes) is told, and its corrected text is taken" {
    LEFT='a.json|a.json~|' is_corrected vim "${yes[@]}"
}
@test "vim (backupcopy=yes) asks before it overwrites what another process has changed" {
    is_asked vim "${yes[@]}"
}

@test "vim (backupcopy=no) creates" { creates vim "${no[@]}"; }
@test "vim (backupcopy=no) edits, and edits again" { edits vim "${no[@]}"; }
@test "vim (backupcopy=no) is told that its text is refused, and nothing has changed" {
    is_refused vim "${no[@]}"
}
@test "vim (backupcopy=no) is told that its new file is refused" { is_refused_anew vim "${no[@]}"; }
@test "vim (backupcopy=no) is told, and its corrected text is taken" {
    is_corrected vim "${no[@]}"
}
@test "vim (backupcopy=no) cannot overwrite what it did not read" { is_overtaken vim "${no[@]}"; }

@test "neovim creates" { creates nvim; }
@test "neovim edits, and edits again" { edits nvim; }
@test "neovim is told that its text is refused, and nothing has changed" { is_refused nvim; }
@test "neovim is told that its new file is refused" { is_refused_anew nvim; }
@test "neovim is told, and its corrected text is taken" { is_corrected nvim; }
@test "neovim cannot overwrite what it did not read" { is_overtaken nvim; }

@test "vim reads what another process has changed, and edits that" {
    edit vim
    INODE=$(inode)
    is_changed_by_another
    keys :e! Enter
    shows Eve
    save_as vim 3 '{"name": "Bob"}'
    vim_quit
    lists people "a.json|"
}

@test "vim has a swap file while it edits" {
    edit vim
    lists people ".a.json.swp|a.json|"
    vim_quit
    lists people "a.json|"
}

@test "vim keeps a backup" {
    LEFT='a.json|a.json~|' edits vim -c 'set backup'
    holds people/a.json~ '{"name": "Bob"}'$'\n'
}

@test "vim undoes in another session what was done in one" {
    LEFT='.a.json.un~|a.json|' edits vim "${undo[@]}"
    INODE=$(inode)
    see vim "${undo[@]}"
    keys u
    vim_save
    saved_as 4
    same "$(cat $FILE)" '{"name": "Bob"}'
    vim_quit
    is_at $FILE 4 "$INODE"
}

@test "vim leaves a new file, without a word in it" {
    make_people
    see vim
    vim_quit
    lists people ""
}
