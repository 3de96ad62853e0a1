# Ordinary files as POSIX has them: error codes, times, owners, many processes at once, and random
# operations that are compared with a model. The checks are in ../posix; each place keeps ordinary
# files in another way.
load lib

POSIX=$BATS_TEST_DIRNAME/../posix
TEST_LIMIT=400

setup() {
    prepare
    reachable
    start -o allow_other,files_max=4G
    cd "$MNT"
    mkdir .folder docs docs/folder plain
}

posix() { python3 "$POSIX/posix.py" "$1"; }

@test "the calls do what POSIX says in a folder of the root" { posix .folder; }

@test "the calls do what POSIX says in a folder of a collection" { posix docs/folder; }

@test "the calls do what POSIX says in a collection" { posix plain; }

@test "many processes make, rename, open and remove the same names" {
    for folder in .folder docs; do
        python3 "$POSIX/races.py" "$folder" "${RACE_SECONDS:-3}"
    done
}

@test "random operations end as a model in memory has it" {
    fsx=${FSX:-$(dirname "$PERSISTFS")/tests/posix/fsx}
    for file in .folder/x plain/x; do
        "$fsx" -n "${FSX_OPERATIONS:-50000}" -s "${FSX_SEED:-1}" "$file"
    done
}

@test "names of any bytes, as long as names may be" {
    for folder in .folder docs .; do
        python '
names = [b"a\nb", b"\xff\xfe", b"\x01\x7f", b" ", b"-rf", b"*", b"\\", b"\xc2\x85", b"n" * 255,
         "\u00e9".encode() * 127, b"a\tb", b"\"", b"..."]
before = set(os.listdir(os.fsencode(sys.argv[1])))
for name in names:
    path = os.path.join(os.fsencode(sys.argv[1]), name)
    write(path, name)
    same(read(path), name)
same(set(os.listdir(os.fsencode(sys.argv[1]))) - before, set(names))
for name in names:
    os.rename(os.path.join(os.fsencode(sys.argv[1]), name), os.path.join(os.fsencode(sys.argv[1]), b"moved"))
os.unlink(os.path.join(os.fsencode(sys.argv[1]), b"moved"))' "$folder"
    done
}

@test "a folder of 10,000 files, and a tree of 1,000 levels" {
    python '
os.mkdir(".folder/many")
os.chdir(".folder/many")
for i in range(10000): os.close(os.open(f"f{i}", CREAT | W))
same(sorted(os.listdir()), sorted(f"f{i}" for i in range(10000)))
os.chdir("..")
os.mkdir("deep")
os.chdir("deep")
for i in range(1000):
    os.mkdir("d"); os.chdir("d")
write("x", b"the last")'
    same "$(find .folder/deep -name x | wc -l)" 1
    same "$(find .folder -type f | wc -l)" 10001
    restart -o allow_other
    same "$(jq .files.bytes .stats.json)" $(((10001 + 1000 + 3 + 1) * 1024 + 8))
    rm -r .folder/deep .folder/many
}

@test "links that lead out of the store are nobody's but the caller's" {
    echo secret >"$OUT/secret"
    mkdir "$OUT/folder"
    for target in "$OUT/secret" "$OUT/folder" /proc/self/root ../../../../../../etc/passwd; do
        ln -s "$target" .folder/link
        same "$(readlink .folder/link)" "$target"
        chown -h 1001:1001 .folder/link
        touch -h -d @5 .folder/link
        mv .folder/link docs/link
        rm docs/link
    done
    same "$(stat -c '%u %F' "$OUT/secret")" "0 regular file"
    ln -s "$OUT/folder" docs/x
    refused ENOTDIR rmdir docs/x
    refused EPERM mv docs/x docs/x.json
    restart -o allow_other
    same "$(jq .files.bytes .stats.json)" $((2 * 1024 + 1024 + ${#OUT} + 7))
    holds "$OUT/secret" secret$'\n'
}
