# What the standard libraries of languages do.
load programs

# Debian's own, which has its bindings.
PYTHON=/usr/bin/python3
export NODE_PATH=/usr/share/nodejs

py() { "$PYTHON" -c "import os, shutil, sys, tempfile
file, text = sys.argv[1], sys.argv[2] + '\n'
$1" "${@:2}"; }
node_js() { node -e "const fs = require('fs'), file = process.argv[1], text = process.argv[2] + '\n'
$1" "${@:2}"; }

by_py_open() { py '
with open(file, "w") as f: f.write(text)' "$@"; }
by_py_slowly() { py '
with open(file, "w") as f:
    for c in text: f.write(c); f.flush()' "$@"; }
by_py_edit() { py '
with open(file, "r+") as f:
    f.read(); f.seek(0); f.write(text); f.truncate()' "$@"; }
by_py_replace() { py '
open(file + ".new", "w").write(text)
os.replace(file + ".new", file)' "$@"; }
by_py_tempfile() { py '
with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(file)) as f:
    f.write(text); f.flush(); os.fsync(f.fileno())
    os.rename(f.name, file)
    f._closer.delete = False' "$@"; }
by_py_copyfile() { source_of "$2" && py 'shutil.copyfile(sys.argv[3], file)' "$@" "$SOURCE"; }
by_py_copy2() { source_of "$2" && py 'shutil.copy2(sys.argv[3], file)' "$@" "$SOURCE"; }
by_py_move() { source_of "$2" && py 'shutil.move(sys.argv[3], file)' "$@" "$SOURCE"; }
by_py_anew() { py '
if os.path.exists(file): os.unlink(file)
with open(file, "x") as f: f.write(text)' "$@"; }

by_node() { node_js 'fs.writeFile(file, text, e => { if (e) throw e })' "$@"; }
by_node_promise() { node_js 'fs.promises.writeFile(file, text)' "$@"; }
by_node_stream() { node_js 'fs.createWriteStream(file).end(text)' "$@"; }
by_node_copy() { source_of "$2" && node_js 'fs.copyFileSync(process.argv[3], file)' "$@" "$SOURCE"; }
by_node_copy_promise() { source_of "$2" && node_js 'fs.promises.copyFile(process.argv[3], file)' "$@" "$SOURCE"; }
by_node_cp() { source_of "$2" && node_js 'fs.cpSync(process.argv[3], file)' "$@" "$SOURCE"; }
by_node_atomic() { node_js 'require("write-file-atomic")(file, text)' "$@"; }
by_node_atomic_sync() { node_js 'require("write-file-atomic").sync(file, text)' "$@"; }

by_glib() { py '
from gi.repository import GLib
GLib.file_set_contents(file, text.encode())' "$@"; }
by_gio() { py '
from gi.repository import Gio
Gio.File.new_for_path(file).replace_contents(text.encode(), None, False, 0, None)' "$@"; }
by_gio_backup() { py '
from gi.repository import Gio
Gio.File.new_for_path(file).replace_contents(text.encode(), None, True, 0, None)' "$@"; }
by_gio_anew() { py '
from gi.repository import Gio
Gio.File.new_for_path(file).replace_contents(text.encode(), None, False,
    Gio.FileCreateFlags.REPLACE_DESTINATION, None)' "$@"; }
by_qt() { py '
from PyQt5.QtCore import QIODevice, QSaveFile
f = QSaveFile(file)
if not (f.open(QIODevice.WriteOnly) and f.write(text.encode()) > 0 and f.commit()):
    sys.exit(f.errorString())' "$@"; }
by_qt_file() { py '
from PyQt5.QtCore import QFile, QIODevice
f = QFile(file)
f.open(QIODevice.WriteOnly)
f.write(text.encode())
f.close()
sys.exit(f.errorString() if f.error() else 0)' "$@"; }

whole() {
    course "$@"
    lists people 'a.json|'
}

@test "python open('w')" { whole kept by_py_open; }
@test "python open('w'), a character at a time" { whole kept by_py_slowly; }
@test "python open('r+')" { edits kept by_py_edit; }
@test "python os.replace" {
    LITTER=(a.json.new)
    whole new by_py_replace
}
@test "python tempfile and os.rename" { whole new by_py_tempfile; }
@test "python shutil.copyfile" { whole kept by_py_copyfile; }
@test "python shutil.copy2" {
    whole kept by_py_copy2
    same "$(stat -c '%y %a' people/a.json)" "$(stat -c '%y %a' "$SOURCE")"
}
@test "python shutil.move" { whole kept by_py_move; }
@test "python unlink, and open('x')" { whole free by_py_anew; }

# Of this errno, node knows the number alone.
of_node() {
    SAYS="system error -74"
    whole "$@"
}

@test "node fs.writeFile" { of_node kept by_node; }
@test "node fs.promises.writeFile" { of_node kept by_node_promise; }
@test "node fs.createWriteStream" { of_node kept by_node_stream; }
@test "node fs.copyFileSync removes what it could not write, and it stays" { of_node kept by_node_copy; }
@test "node fs.promises.copyFile" { of_node kept by_node_copy_promise; }
@test "node fs.cpSync" { of_node free by_node_cp; }
@test "node write-file-atomic" { of_node new by_node_atomic; }
@test "node write-file-atomic, sync" { of_node new by_node_atomic_sync; }

@test "GLib g_file_set_contents" { whole new by_glib; }
@test "GIO replace_contents" { whole new by_gio; }
@test "GIO replace_contents with a backup" {
    course new by_gio_backup
    the_backup people/a.json~
}
@test "GIO replace_contents, replacing the destination" { whole new by_gio_anew; }
@test "Qt QSaveFile" { whole new by_qt; }
@test "Qt QFile" { whole kept by_qt_file; }

@test "node removes what it was not refused on: that is a deletion" {
    make_people
    put people/a.json "$(person 1)"
    put people/b.json "$(person 1)"
    node_js 'try { fs.writeFileSync(file, "[]") } catch (e) { fs.unlinkSync("people/b.json") }' people/a.json
    is_at people/a.json 1
    until_true 5 grep -q '"op": *"delete"' people/b.audit.jsonl
    lists people 'a.json|'
}

@test "python is told of a change by another process" {
    overtaken py '
old = open(file).read(); os.system(os.environ["OTHER"])
with open(file, "w") as f: f.write(old.replace("1", "2"))' people/a.json ''
    lists people 'a.json|'
}

@test "a handle for writing alone, that is truncated later, is told of a change before it" {
    overtaken py '
old = open(file, "rb").read(); os.system(os.environ["OTHER"])
fd = os.open(file, os.O_WRONLY | os.O_CREAT)
os.ftruncate(fd, 0)
os.write(fd, old.replace(b"1", b"2")); os.fsync(fd)' people/a.json ''
    lists people 'a.json|'
}

@test "python os.replace is told of a change by another process" {
    overtaken py '
old = open(file).read(); os.system(os.environ["OTHER"])
open(file + ".new", "w").write(old.replace("1", "2")); os.replace(file + ".new", file)' people/a.json ''
    lists people 'a.json|a.json.new|'
}

@test "python unlink and open('x') is told of a change by another process" {
    overtaken py '
old = open(file).read(); os.system(os.environ["OTHER"])
os.unlink(file)
with open(file, "x") as f: f.write(old.replace("1", "2"))' people/a.json ''
    lists people 'a.json|'
}

@test "node is told of a change by another process" {
    STALE="system error -116"
    overtaken node_js '
const old = fs.readFileSync(file, "utf8"); require("child_process").execSync(process.env.OTHER)
fs.writeFileSync(file, old.replace("1", "2"))' people/a.json ''
    lists people 'a.json|'
}

@test "node write-file-atomic is told of a change by another process" {
    STALE="system error -116"
    overtaken node_js '
const old = fs.readFileSync(file, "utf8"); require("child_process").execSync(process.env.OTHER)
require("write-file-atomic").sync(file, old.replace("1", "2"))' people/a.json ''
    lists people 'a.json|'
}

@test "GLib is told of a change by another process" {
    overtaken py '
from gi.repository import GLib
old = GLib.file_get_contents(file)[1]; os.system(os.environ["OTHER"])
GLib.file_set_contents(file, old.replace(b"1", b"2"))' people/a.json ''
    lists people 'a.json|'
}

@test "GIO is told of a change by another process" {
    overtaken py '
from gi.repository import Gio
f = Gio.File.new_for_path(file)
old = f.load_contents(None)[1]; os.system(os.environ["OTHER"])
f.replace_contents(old.replace(b"1", b"2"), None, False, 0, None)' people/a.json ''
    lists people 'a.json|'
}

@test "Qt is told of a change by another process" {
    overtaken py '
from PyQt5.QtCore import QFile, QIODevice, QSaveFile
f = QFile(file); f.open(QIODevice.ReadOnly); old = bytes(f.readAll()); f.close()
os.system(os.environ["OTHER"])
f = QSaveFile(file); f.open(QIODevice.WriteOnly); f.write(old.replace(b"1", b"2"))
sys.exit(0 if f.commit() else f.errorString())' people/a.json ''
    lists people 'a.json|'
}
