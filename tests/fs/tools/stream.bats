# Programs that write what comes in.
load programs

by_tee() { echo "$2" | tee "$1" >/dev/null; }
by_sponge() { echo "$2" | sponge "$1"; }
by_dd() { echo "$2" | dd of="$1" status=none; }
by_dd_in_blocks() { echo "$2" | dd of="$1" obs=7 iflag=fullblock status=none; }
by_dd_sync() { echo "$2" | dd of="$1" conv=fsync status=none; }
by_dd_notrunc() { echo "$2" | dd of="$1" conv=notrunc status=none; }
by_curl() { source_of "$2" && curl -sS -o "$1" "file://$SOURCE"; }
by_cat() { source_of "$2" && cat "$SOURCE" >"$1"; }

@test "cat" {
    course kept by_cat
    lists people 'a.json|'
}

@test "tee" {
    course kept by_tee
    lists people 'a.json|'
}

@test "tee of several, of which one is refused" {
    put .schema/old.json '{"properties": {"age": {"minimum": 100}}}'
    make_people
    put old/a.json '{"age":100}'
    refused EBADMSG tee people/a.json old/a.json people/b.json <<<"$(person 1)"
    is_at people/a.json 1
    is_at people/b.json 1
    has_version old/a.json 1
}

@test "sponge" {
    course kept by_sponge
    lists people 'a.json|'
}

@test "dd" {
    course kept by_dd
    lists people 'a.json|'
}

@test "dd in blocks" {
    course kept by_dd_in_blocks
}

@test "dd conv=fsync" {
    course kept by_dd_sync
}

@test "dd conv=notrunc" {
    INVALID=('{"name":"Alice","age":x}' '{"nome":"Alice","age":5}')
    course kept by_dd_notrunc
}

@test "dd conv=notrunc of one byte" {
    make_people
    put people/a.json "$(person 1)"
    printf 2 | dd of=people/a.json bs=1 seek=22 conv=notrunc status=none
    holds people/a.json "$(person 2)"$'\n'
    is_at people/a.json 2
    refused EBADMSG dd of=people/a.json bs=1 seek=22 conv=notrunc status=none <<<x
    holds people/a.json "$(person 2)"$'\n'
    is_at people/a.json 2
}

@test "curl -o" {
    SAYS=writ
    course kept by_curl
    lists people 'a.json|'
}

@test "truncate changes nothing" {
    make_people
    put people/a.json "$(person 1)"
    truncate -s 0 people/a.json
    for size in 5 100; do
        truncate -s $size people/a.json || true
        holds people/a.json "$(person 1)"$'\n'
        same "$(stat -c %s people/a.json)" 25
    done
    is_at people/a.json 1
    lists people 'a.json|'
}

@test "split" {
    make_people
    for n in 1 2; do
        printf '{"name":"Al","age":%d}\n' $n 1$n 2$n >"$OUT/lines"
        split -l 1 --additional-suffix=.json "$OUT/lines" people/x
        for part in aa ab ac; do is_at people/x$part.json $n; done
    done
    holds people/xac.json '{"name":"Al","age":22}'$'\n'
    printf '{"name":"Al","age":%s}\n' 3 x 5 >"$OUT/lines"
    refused EBADMSG split -l 1 --additional-suffix=.json "$OUT/lines" people/x
    is_at people/xaa.json 3
    is_at people/xab.json 2
    lists people 'xaa.json|xab.json|xac.json|'
}
