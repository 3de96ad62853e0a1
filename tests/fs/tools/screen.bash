# A terminal that nobody looks at, for programs with a screen: one tmux server a test, its socket in
# the test's own folder.
#
# Nothing sleeps for a fixed time: `shows` and `until_true` poll, as a person looks.

SCREEN_LIMIT=${SCREEN_LIMIT:-20} # seconds, for what is awaited

terminal() { tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@" 3>&-; }

# screen_run COMMAND...: in a window of 80 x 24, with the environment of somebody who has set up
# nothing. What ends there leaves the window, so that its last words can be read.
screen_run() {
    terminal set -g remain-on-exit on \; set -g status off \; new-session -d -x 80 -y 24 \
        env -i HOME="$HOME" PATH="$PATH" LANG=C.UTF-8 SHELL=/bin/sh USER="$(id -un)" \
        TERM=screen-256color "$@"
}

# keys KEY...: by their names in tmux(1). text TEXT: as it is.
keys() { terminal send-keys "$@"; }
text() { terminal send-keys -l -- "$1"; }

screen() { terminal capture-pane -p; }

screen_has() { screen | tr '\n' ' ' | grep -qiE -e "$1"; }
screen_lacks() { ! screen_has "$1"; }

# shows PATTERN: waits until the screen does; where a line ends counts as a space.
shows() { until_true "$SCREEN_LIMIT" screen_has "$1" || fail "the screen:" "$(screen)"; }
shows_no_more() {
    until_true "$SCREEN_LIMIT" screen_lacks "$1" || fail "the screen:" "$(screen)"
}

screen_ended() { [[ $(terminal display-message -p '#{pane_dead}') == 1 ]]; }

# quits: waits for the program's end, and closes the window.
quits() {
    until_true "$SCREEN_LIMIT" screen_ended || fail "the screen:" "$(screen)" || return
    screen_close
}

# answers PATTERN KEY...: where the program asks that before it ends.
answers() {
    until_true "$SCREEN_LIMIT" screen_asks_or_ended "$1" || fail "the screen:" "$(screen)" || return
    screen_ended || keys "${@:2}"
}
screen_asks_or_ended() { screen_has "$1" || screen_ended; }

# Nothing of it runs when this returns. What still does is not asked: some programs save when their
# terminal goes.
screen_close() {
    local server pids pid
    [[ -S $BATS_TEST_TMPDIR/tmux ]] || return 0
    server=$(terminal display-message -p '#{pid}' 2>/dev/null) || return 0
    pids=$(terminal list-panes -a -F '#{pane_pid}')
    for pid in $pids; do kill -KILL -- "-$pid" 2>/dev/null || :; done
    terminal kill-server
    ended "$server" $pids
}
