# How each editor is driven, with nothing of it set up. For an editor E there are
#
#   E_open FILE     begins, and is ready to be typed to
#   E_type TEXT     replaces the whole text
#   E_save          asks to save; what comes of it is not awaited
#   E_told          awaits what it says of a save that failed, and sees it off
#   E_quit          leaves, and throws away what is not saved
#   E_noticed       somebody else has changed the file: to be done before anything is typed
#   E_asks          awaits its question whether to overwrite that
#   E_insists       awaits it, where there is one, and answers yes
load screen

# --- vim, and its like

vi_type() {
    keys g g c G
    shows "-- INSERT --"
    text "$1"
    keys Escape
    shows_no_more "-- INSERT --"
}
vi_save() { keys :w Enter; }
vi_told() { shows 'E[0-9]+:' && keys Enter; }
vi_quit() { keys :q! Enter && quits; }
vi_asks() { shows "really want to write"; }
vi_insists() { vi_asks && keys y; }

vim_open() {
    screen_run vim "${@:2}" "$1"
    shows "\"$1\""
}
vim_type() { vi_type "$1"; }
vim_save() { vi_save; }
vim_told() { vi_told; }
vim_quit() { vi_quit; }
vim_noticed() { :; }
vim_asks() { vi_asks; }
vim_insists() { vi_insists; }

nvim_open() {
    screen_run nvim "$1"
    shows "$1 .*All"
}
nvim_type() { vi_type "$1"; }
nvim_save() { vi_save; }
nvim_told() { vi_told; }
nvim_quit() { vi_quit; }
nvim_noticed() { :; }
nvim_insists() { vi_insists; }

kak_open() {
    screen_run kak "$1"
    shows "$1 .*1 sel"
}
kak_type() {
    keys % c
    shows "insert"
    text "$1"
    keys Escape
    shows_no_more "insert"
}
kak_save() { keys :w Enter; }
kak_told() { shows "bad message|stale"; }
kak_quit() { keys :q! Enter && quits; }

# --- those that insert what is typed

nano_open() {
    screen_run nano "$1"
    shows "\\^G Help"
}
nano_type() {
    keys M-'\' C-k
    text "$1"
}
nano_save() {
    keys C-o
    shows "File Name to Write"
    keys Enter
}
nano_told() { shows "Error writing"; }
nano_quit() {
    keys C-x
    answers "Save modified buffer" n
    quits
}
nano_noticed() { :; }
nano_insists() { shows "changed" && keys y; }

emacs_open() {
    screen_run emacs -nw -Q "$1"
    shows "$1 .*(New file|For information)"
}
emacs_type() {
    keys C-x h C-w
    text "$1"
}
emacs_save() { keys C-x C-s; }
emacs_told() { shows "bad message|stale"; }
emacs_quit() {
    keys C-x C-c
    answers "Save file" n
    answers "exit anyway" yes Enter
    quits
}
emacs_noticed() {
    keys C-x h C-w
    shows "really edit the buffer"
    keys y
    shows "will become a backup"
}
emacs_asks() { shows "Save anyway"; }
emacs_insists() { emacs_asks && keys yes Enter; }

micro_open() {
    screen_run micro "$1"
    shows "$1 .*ft:json"
}
micro_type() {
    keys C-a
    text "$1"
}
micro_save() { keys C-s; }
micro_told() { shows "bad message|stale"; }
micro_quit() {
    keys C-q
    answers "Save changes" n
    quits
}
micro_noticed() {
    keys Right
    shows "file on disk has changed"
    keys n
}
micro_insists() { :; }

mcedit_open() {
    screen_run mcedit "$1"
    shows "1Help"
}
mcedit_type() {
    keys C-y
    text "$1"
}
mcedit_save() {
    keys F2
    shows "Confirm save file"
    keys Enter
}
mcedit_told() { shows "Save As" && keys Escape Escape && shows_no_more "Save As"; }
mcedit_quit() {
    keys F10
    answers "modified" n
    quits
}
mcedit_noticed() { :; }
mcedit_insists() { shows "Save anyway" && keys y; }

joe_open() {
    screen_run joe "$1"
    shows "$1 .*Joe's Own Editor"
}
joe_type() {
    keys C-y
    text "$1"
}
joe_save() {
    keys C-k d
    shows "Name of file to save"
    keys Enter
}
joe_told() { shows "Error writing file"; }
joe_quit() {
    keys C-c
    answers "Lose changes" y
    quits
}
joe_noticed() { :; }
joe_asks() { shows "newer"; }
joe_insists() { joe_asks && keys y; }

# --- without a screen

ed_open() {
    screen_run ed -p '*' "$1"
    shows '\*'
}
ed_type() {
    keys ,d Enter a Enter
    text "$1"
    keys Enter . Enter
}
ed_save() { keys w Enter; }
ed_told() { shows "bad message|stale"; }
ed_quit() { keys Q Enter && quits; }
ed_noticed() { :; }
ed_insists() { :; }
