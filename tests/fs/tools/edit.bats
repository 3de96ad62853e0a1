# Programs that read a file, change it, and put it back.
load programs

by_sed() { sed -i "1c\\$2" "$1"; }
by_sed_bak() { sed -i.bak "1c\\$2" "$1"; }
by_perl() { TEXT=$2 perl -i -pe '$_ = "$ENV{TEXT}\n"' "$1"; }
by_perl_bak() { TEXT=$2 perl -i.bak -pe '$_ = "$ENV{TEXT}\n"' "$1"; }
by_ruby() { TEXT=$2 ruby -i -pe '$_ = ENV["TEXT"] + "\n"' "$1"; }
by_ruby_bak() { TEXT=$2 ruby -i.bak -pe '$_ = ENV["TEXT"] + "\n"' "$1"; }
by_jq() { jq -c --argjson new "$2" '$new' "$1" >people/tmp && mv people/tmp "$1"; }
by_jq_sponge() { jq -c --argjson new "$2" '$new' "$1" | sponge "$1"; }

difference() {
    source_of "$2"
    diff -u --label "$1" --label "$1" "$1" "$SOURCE" >"$OUT/patch" || (($? == 1))
}
by_patch() { difference "$@" && patch -s -p0 <"$OUT/patch"; }
by_patch_b() { difference "$@" && patch -s -p0 -b <"$OUT/patch"; }

@test "sed -i" {
    edits new by_sed
    lists people 'a.json|'
}

@test "sed -i.bak" {
    edits new by_sed_bak
    the_backup people/a.json.bak
}

@test "sed -i is told of a change by another process" {
    overtaken sed -i -e "1e '$OUT/other'" -e s/1/2/ people/a.json
    lists people 'a.json|'
}

@test "sed -i.bak is told of a change by another process" {
    overtaken sed -i.bak -e "1e '$OUT/other'" -e s/1/2/ people/a.json
}

@test "sed -i of many" {
    make_people
    for n in 1 2 3 4 5; do put people/$n.json "$(person "$n")"; done
    sed -i s/Alice/Al/ people/*.json
    for n in 1 2 3 4 5; do
        holds people/$n.json "$(person "$n" Al)"$'\n'
        is_at people/$n.json 2
    done
}

@test "perl -i" {
    edits new by_perl
    lists people 'a.json|'
}

@test "perl -i.bak" {
    edits new by_perl_bak
    the_backup people/a.json.bak
}

@test "perl -i is told of a change by another process" {
    overtaken perl -i -pe 'system($ENV{OTHER}); s/1/2/' people/a.json
    lists people 'a.json|'
}

# ruby does not look at what close(2) says of its work.
ruby_edits() {
    INVALID=('{"name":"Alice","age":"old"}')
    edits free "$1"
    "$1" people/a.json '{"name":"Alice","age":'
    holds people/a.json "$(person 6)"$'\n'
    is_at people/a.json 6
    json people/.errors/a.json '.errno == "EBADMSG"'
}

@test "ruby -i" {
    ruby_edits by_ruby
    lists people 'a.json|'
}

@test "ruby -i.bak" {
    ruby_edits by_ruby_bak
    holds people/a.json.bak "$(person 6)"$'\n'
    lists people 'a.json|a.json.bak|'
}

@test "ruby -i is told of a change by another process" {
    overtaken ruby -i -pe 'system(ENV["OTHER"]); sub(/1/, "2")' people/a.json
    lists people 'a.json|'
}

@test "jq, and mv over it" {
    INVALID=('{"name":"Alice","age":"old"}')
    LITTER=(tmp)
    edits new by_jq
    lists people 'a.json|'
}

@test "jq, and mv over the version that was read" {
    overtaken bash -c 'version=$(getfattr --only-values -n user.persistfs.version people/a.json)
        jq -c ".age += 1" people/a.json >people/tmp
        "$OTHER"
        mv -T people/tmp "people/a.json@$version"'
    lists people 'a.json|tmp|'
}

@test "jq and sponge" {
    INVALID=('{"name":"Alice","age":"old"}')
    edits kept by_jq_sponge
    lists people 'a.json|'
}

@test "patch" {
    edits new by_patch
    lists people 'a.json|'
}

@test "patch -b" {
    edits new by_patch_b
    the_backup people/a.json.orig
}

@test "patch of a new file, and -R" {
    make_people
    put people/b.json "$(person 1)" # patch removes a folder that it has emptied
    source_of "$(person 1)"
    diff -u --label /dev/null --label people/a.json /dev/null "$SOURCE" >"$OUT/patch" || true
    patch -s -p0 <"$OUT/patch"
    is_at people/a.json 1
    patch -s -p0 -R <"$OUT/patch"
    lists people 'b.json|'
}
