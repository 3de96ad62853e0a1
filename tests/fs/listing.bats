# Listings: what is in them, where a program may go back to, and what they miss while others work.
load lib

# Entities, ordinary files and folders, in a collection and in the root.
many() {
    make_open
    python 'for i in range(150):
    for path in f"docs/e{i}.json", f"docs/o{i}", f"r{i}":
        write(path, b"{}")'
    mkdir docs/sub.d a.b
}

@test "numbers and types in listings are those of stat(2)" {
    many
    mkdir .outbox/claimed/worker
    ln -s nowhere docs/link
    mkfifo docs/pipe
    python 'import stat
from listing import Folder
for path in ".", "docs", "docs/sub.d", ".schema", ".outbox", ".outbox/claimed":
    folder = Folder(path)
    while entry := folder.read():
        name, ino, kind = entry
        if name != "..":
            is_stat = os.lstat(f"{path}/{name}")
            same((name, ino, kind), (name, is_stat.st_ino, stat.S_IFMT(is_stat.st_mode) >> 12))
    folder.close()'
}

@test "telldir, seekdir, rewinddir" {
    many
    python 'from listing import Folder
for path in ".", "docs", "docs/sub.d", ".schema", ".outbox", ".outbox/claimed", "docs/.errors":
    folder = Folder(path)
    entries = folder.rest()
    end = folder.tell()
    same(len(set(offset for offset, name in entries)), len(entries))
    same([offset for offset, name in entries if offset < 0], [])
    for offset, name in reversed(entries):
        folder.seek(offset)
        same(folder.read()[0], name)
    folder.seek(entries[len(entries) // 2][0])
    same(folder.rest(), entries[len(entries) // 2:])
    folder.seek(end)
    same(folder.read(), None)
    folder.rewind()
    same(folder.rest(), entries)
    folder.close()'
}

@test "a place in a listing stays good when what is there is removed" {
    many
    python 'from listing import Folder
folder = Folder("docs")
entries = folder.rest()
for at in 40, 200:
    offset, name = entries[at]
    os.unlink("docs/" + name)
    folder.seek(offset)
    entries = [entry for entry in entries if entry[1] != name]
    same([entry[1] for entry in folder.rest()], [entry[1] for entry in entries[at:]])
folder.seek(entries[100][0])
write("docs/new.json", b"{}")
after = [name for offset, name in folder.rest()]
same(after.count("new.json"), 1)
same([name for name in after if name != "new.json"], [name for offset, name in entries[100:]])'
}

@test "each of many stable entries is listed once, while others come and go" {
    make_open
    python 'import threading
COUNT = int(os.environ.get("ENTITIES", "3000"))
for i in range(COUNT):
    write(f"docs/s{i}.json", b"{}")
    if i % 10 == 0:
        write(f"docs/f{i}", b"")
stable = {name for name in os.listdir("docs")}
done = threading.Event()
def churn(n):
    i = 0
    while not done.is_set():
        i += 1
        write(f"docs/c{n}-{i}.json", b"{}")
        write(f"docs/c{n}-{i}", b"")
        write(f"docs/s{i * 7 % COUNT}.json", b"{\"n\": %d}" % i)
        if i > 20:
            os.unlink(f"docs/c{n}-{i - 20}.json")
            os.rename(f"docs/c{n}-{i - 20}", f"docs/d{n}-{i - 20}")
threads = [threading.Thread(target=churn, args=(n,)) for n in range(3)]
for thread in threads:
    thread.start()
try:
    for turn in range(12):
        seen = {}
        for entry in os.scandir("docs"):
            seen[entry.name] = seen.get(entry.name, 0) + 1
            assert entry.is_file(follow_symlinks=False)
        same({name: seen.get(name) for name in stable if seen.get(name) != 1}, {})
finally:
    done.set()
    for thread in threads:
        thread.join()'
}

@test "the links of a folder are its folders" {
    links() { same "$(stat -c %h "$1")" "$2" "the links of $1"; }
    links . 4
    make_open
    mkdir notes
    links . 6
    mkdir a.b docs/sub.d docs/sub.d/x
    links . 7
    links docs 3
    links docs/sub.d 3
    links .schema 2
    links .outbox 6
    put docs/a.json '{}'
    links docs 3
    links docs/a.json 1
    rmdir notes docs/sub.d/x docs/sub.d
    links . 6
    links docs 2
    for n in {1..99}; do mkdir "c$n"; done
    links . 105
    mkdir c100 # more are not counted, which 1 says
    links . 1
}
