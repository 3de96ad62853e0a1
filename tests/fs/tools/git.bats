# git, with the mount as its work tree.
load programs

setup() {
    away
    start
    cd "$MNT"
    export GIT_CONFIG_GLOBAL=$OUT/gitconfig
    git config --global user.email a@example.org
    git config --global user.name A
    git config --global advice.detachedHead false
    make_people
    put people/a.json "$(person 1)"
    put people/b.json "$(person 1)"
    git init -q .
    git add people .schema
    git commit -qm one
}

commit() { git commit -qam "$1" && is_clean; }

is_clean() { same "$(git status --porcelain people .schema)" "" "git status"; }

@test "git init, add and commit change no entity" {
    is_at people/a.json 1
    is_at people/b.json 1
    is_clean
    same "$(git ls-files | xargs)" ".schema/people.json people/a.json people/b.json"
    same "$(git show HEAD:people/a.json)" "$(person 1)"
    git fsck --no-progress
    same "$(ls -A people | xargs)" "a.json b.json"
}

@test "git checkout of another commit is an update" {
    put people/a.json "$(person 2)"
    commit two
    git checkout -q HEAD~1
    holds people/a.json "$(person 1)"$'\n'
    is_at people/a.json 3
    is_clean
    git checkout -q -
    holds people/a.json "$(person 2)"$'\n'
    is_at people/a.json 4
    is_at people/b.json 1
    is_clean
    lists people 'a.json|b.json|'
}

@test "git checkout of many" {
    for n in {1..30}; do put people/p$n.json "$(person 1)"; done
    git add people
    commit two
    sed -i s/1/2/ people/p*.json
    commit three
    git checkout -q HEAD~1
    for n in 1 15 30; do is_at people/p$n.json 3; done
    same "$(cat people/p*.json | sort -u)" "$(person 1)"
    git checkout -q HEAD~1
    lists people 'a.json|b.json|'
    until_true 5 grep -q '"op": *"delete"' people/p30.audit.jsonl
    git checkout -q -
    is_clean
}

@test "git checkout and restore of a file" {
    put people/a.json "$(person 2)"
    git checkout -q -- people/a.json
    is_at people/a.json 3
    put people/a.json "$(person 4)"
    git restore people/a.json
    is_at people/a.json 5
    holds people/a.json "$(person 1)"$'\n'
    is_clean
}

@test "git stash and stash pop" {
    put people/a.json "$(person 2)"
    git stash -q
    holds people/a.json "$(person 1)"$'\n'
    is_at people/a.json 3
    is_clean
    git stash pop -q
    holds people/a.json "$(person 2)"$'\n'
    is_at people/a.json 4
    same "$(git status --porcelain people)" " M people/a.json"
}

@test "git reset --hard, revert, merge and rebase" {
    put people/a.json "$(person 2)"
    commit two
    git revert --no-edit HEAD >/dev/null
    is_at people/a.json 3
    git reset -q --hard HEAD~1
    is_at people/a.json 4
    holds people/a.json "$(person 2)"$'\n'
    git checkout -q -b other HEAD~1
    is_at people/a.json 5
    put people/b.json "$(person 2)"
    commit three
    git merge -q --no-edit @{-1}
    is_at people/a.json 6
    is_at people/b.json 2
    is_clean
    lists people 'a.json|b.json|'
}

@test "git mv and git rm" {
    git mv people/a.json people/c.json
    holds people/c.json "$(person 1)"$'\n'
    has_version people/c.json 2
    git rm -q people/b.json
    lists people 'c.json|'
    git commit -qm moved
    is_clean
}

@test "git says so when what it checks out is refused, and the old one stays" {
    blob=$(echo '{"name":7}' | git hash-object -w --stdin)
    git update-index --cacheinfo "100644,$blob,people/a.json"
    git commit -qm bad
    git update-index --cacheinfo "100644,$(git rev-parse HEAD~1:people/a.json),people/a.json"
    git reset -q HEAD~1
    is_clean
    text=$(git checkout ORIG_HEAD 2>&1) || true
    has "$text" "unable to write file people/a.json"
    holds people/a.json "$(person 1)"$'\n'
    is_at people/a.json 1
    lists people 'a.json|b.json|'
}

@test "git does not overwrite what another process has changed" {
    put people/a.json "$(person 2)"
    commit two
    put_by_other people/a.json "$(person 3)"
    fails 1 git checkout -q HEAD~1
    has "$said" "would be overwritten"
    holds people/a.json "$(person 3)"$'\n'
    is_at people/a.json 3
}

@test "git in a collection" {
    cd people
    git init -q .
    git add ./*.json
    git commit -qm one
    put a.json "$(person 2)"
    git commit -qam two
    git checkout -q HEAD~1
    cd ..
    is_at people/a.json 3
    lists people '.git|a.json|b.json|'
}

@test "git clone and pull, of the mount and into it" {
    git clone -q . "$OUT/clone"
    diff people/a.json "$OUT/clone/people/a.json"
    person 2 >"$OUT/clone/people/a.json"
    git -C "$OUT/clone" commit -qam two
    git pull -q "$OUT/clone"
    holds people/a.json "$(person 2)"
    is_at people/a.json 2
    is_clean
}
