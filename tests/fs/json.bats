# Bytes in, bytes out; and what is no JSON document.
load lib

setup() {
    prepare
    start
    cd "$MNT"
    mkdir docs
}

# keeps TEXT...: each is accepted, and comes back byte for byte, also after a remount.
keeps() {
    local text n=0
    for text in "$@"; do
        printf '%b' "$text" >"$OUT/$n.in"
        cat "$OUT/$n.in" >"docs/$n.json"
        cmp "$OUT/$n.in" "docs/$n.json"
        n=$((n + 1))
    done
    restart
    for ((n = 0; n < $#; n++)); do cmp "$OUT/$n.in" "docs/$n.json"; done
}

# rejects TEXT [LINE COLUMN]: as `printf %b` makes it. Also of a single write and of cp.
rejects() {
    printf '%b' "$1" >"$OUT/in"
    refused EBADMSG cp "$OUT/in" docs/a.json
    is_absent docs/a.json
    refused EBADMSG dd if="$OUT/in" of=docs/a.json bs=1M status=none
    is_absent docs/a.json
    # A byte at a time the document in front is complete before what is wrong behind it.
    refused EBADMSG dd if="$OUT/in" of=docs/a.json bs=1 status=none
    json docs/.errors/a.json '.code == "validation" and .errno == "EBADMSG" and .status == 422'
    (($# == 1)) || has "$(jq -r .detail docs/.errors/a.json)" "line $2" "column ${3:-}"
    [[ ! -e docs/a.json ]] || { holds docs/a.json '{"a": 1}' && rm docs/a.json; }
}

@test "white space, order and number spelling are kept" {
    keeps '{}' ' {} ' '\n\n{ }\n\n' '{"b":1,"a":2}' '{\t"a" :\r\n [ ] }' \
        '{"n": 19.99, "m": 0.1, "e": 1E+2, "z": -0, "zz": -0.0, "x": 1.0, "y": 1.10}' \
        '{"big": 9223372036854775807, "small": -9223372036854775808}' \
        '{"long": 3.14159265358979323846264338327950288419716939937510}' \
        '{"tiny": 1e-400, "exact": 0.1000000000000000055511151231257827}'
}

@test "strings are kept as they were spelled" {
    keeps '{"a": "\\u00e9 \xc3\xa9 \\/ / \\ud83d\\ude00 \xf0\x9f\x98\x80"}' \
        '{"": "", "\\u0061": 1, "a b": 2}' '{"del": "\x7f", "nul": "\\u0000"}' \
        '{"quote": "\\"", "slash": "\\\\\\\\", "line": "\\u2028\xe2\x80\xa8"}'
}

@test "large documents are kept" {
    python '
import random
random.seed(1)
rows = [{"i": i, "text": "%x" % random.getrandbits(400)} for i in range(6000)]
text = json.dumps({"rows": rows}, indent=3).encode()
assert 900000 < len(text) < 1 << 20, len(text)
write("docs/large.json", text)
same(read("docs/large.json"), text)
open(sys.argv[1], "wb").write(text)' "$OUT/large"
    restart
    cmp docs/large.json "$OUT/large"
}

@test "nesting of 128 is kept, of 129 refused" {
    deep() { printf '{"a":'; printf '[%.0s' $(seq 2 "$1"); printf ']%.0s' $(seq 2 "$1"); printf '}'; }
    deep 128 >"$OUT/128"
    cp "$OUT/128" docs/deep.json
    cmp "$OUT/128" docs/deep.json
    rejects "$(deep 129)" 1
    has "$(jq -r .detail docs/.errors/a.json)" 128
}

@test "not JSON" {
    rejects '{"a": 1,}' 1 9
    rejects '{"a" 1}' 1 6
    rejects '{"a": 1 "b": 2}' 1 9
    rejects '{a: 1}' 1 2
    rejects "{'a': 1}" 1 2
    rejects '{"a": 01}' 1 8
    rejects '{"a": +1}' 1 7
    rejects '{"a": .5}' 1 7
    rejects '{"a": 1.}' 1 9
    rejects '{"a": NaN}' 1 7
    rejects '{"a": tru}' 1 10
    rejects '{"a": "\t"}' 1 8
    rejects '{"a": "\\x"}' 1 9
    rejects '{"a": /* */ 1}' 1 7
    rejects '{\n  "a": 1,\n  oops\n}' 3 3
}

@test "not an object" {
    for text in '[]' '[{"a": 1}]' '1' '"a"' 'null' 'true' 'hello'; do
        rejects "$text" 1 1
    done
}

@test "text behind the document" {
    rejects '{"a": 1} x' 1 10
    rejects '{"a": 1}\n{"b": 2}' 2 1
    rejects '{"a": 1}}' 1 9
}

@test "text that ends too early" {
    for text in '{' '{"a"' '{"a":' '{"a": 1' '{"a": [1, 2' '{"a": "b' '{"a": "\\u00'; do
        printf '%b' "$text" >"$OUT/in"
        refused EBADMSG cp "$OUT/in" docs/a.json
        is_absent docs/a.json
        json docs/.errors/a.json '.code == "validation"'
    done
}

@test "a NUL byte anywhere" {
    rejects '{"a": 1\0000}' 1 8
    rejects '{"a": 1}\0000' 1 9
    rejects '\0000{"a": 1}' 1 1
    rejects '{"a": "x\0000y"}' 1 9
}

@test "a byte order mark" {
    rejects '\xef\xbb\xbf{"a": 1}' 1 1
    rejects '\xff\xfe{\0000}\0000' 1 1
}

@test "invalid UTF-8" {
    for bytes in '\xff' '\xc3' '\xc0\xaf' '\xe0\x80\xaf' '\xed\xa0\x80' '\xf4\x90\x80\x80' \
        '\xf8\x88\x80\x80\x80' '\x80'; do
        rejects "{\"a\": \"$bytes\"}"
    done
    rejects '{"a": "é\xff"}' 1 9
}

@test "a lone surrogate in an escape" {
    rejects '{"a": "\\ud800"}'
    rejects '{"a": "\\udc00"}'
    rejects '{"a": "\\ud800\\u0041"}'
}

@test "a member that is given twice" {
    rejects '{"a": 1, "b": 2, "a": 3}' 1
    has "$(jq -r .detail docs/.errors/a.json)" '"a"'
    rejects '{"x": {"a": 1, "\\u0061": 3}}' 1
    put docs/b.json '{"x": {"a": 1}, "y": {"a": 1}}'
}

@test "integers beyond 64 bits" {
    rejects '{"a": 9223372036854775808}' 1
    rejects '{"a":\n -9223372036854775809}' 2
    rejects '{"a": 123456789012345678901234567890}' 1
}

@test "reals that overflow" {
    rejects '{"a": 1e999}' 1
    rejects '{"a": [0, -1E+400]}' 1
}

@test "an empty text and white space alone are no document" {
    make_open other
    put other/a.json '{"a": 1}'
    printf ' \n ' >other/a.json
    json other/a.json '. == {"a": 1}'
    has_version other/a.json 1
}

@test "more than max_entity is too large" {
    python 'write(sys.argv[1], b"{\"a\": \"" + b"x" * (1 << 20) + b"\"}")' "$OUT/large"
    refused EFBIG cp "$OUT/large" docs/a.json
    is_absent docs/a.json
    json docs/.errors/a.json '.code == "too_large" and .errno == "EFBIG" and .status == 413'
    python '
fd = os.open("docs/a.json", W | CREAT)
refused(errno.EFBIG, os.pwrite, fd, b"x", 1 << 40)
refused(errno.EFBIG, os.ftruncate, fd, 1 << 30)
try: os.close(fd)
except OSError: pass'
    is_absent docs/a.json
}

@test "max_entity is exact" {
    restart -o max_entity=4K
    python '
fits = b"{\"a\": \"" + b"x" * (4096 - 9) + b"\"}"
same(len(fits), 4096)
write("docs/a.json", fits)
refused(errno.EFBIG, write, "docs/b.json", fits + b" ")
refused(errno.EFBIG, write, "docs/a.json", b"{\"b\": 1}", W | APPEND)'
    has_version docs/a.json 1
    is_absent docs/b.json
}

@test "names and values of any length fit in a document and in the views" {
    python '
name = "n" * 3000
write("docs/a.json", json.dumps({name: name}).encode())
same(json.loads(read("docs/a.json")), {name: name})'
    same "$(wc -l <docs/a.audit.jsonl)" 1
}
