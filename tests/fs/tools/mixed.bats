# Many processes, of different programs, on the same entities.
load programs

TEST_LIMIT=$((${MIXED_SECONDS:-60} + 150))

@test "8 processes of mixed tools on 20 entities: each success is there, and nothing else" {
    export OUT
    python3 "$BATS_TEST_DIRNAME/mixed.py" "${MIXED_SECONDS:-60}"
    stop
    "$PERSISTFS" check "$STORE"
}
