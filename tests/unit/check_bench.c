#include "check_bench.h"

#include "store/base/cleanup.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct span text(const char *string)
{
    return span_of_string(string);
}

void raw_put(struct bench *bench, const struct key *key, struct span value)
{
    assert_int_equal(engine_put(bench->view.txn, key_span(key), value), 0);
}

void raw_delete(struct bench *bench, const struct key *key)
{
    struct span value;
    assert_int_equal(engine_get(bench->view.txn, key_span(key), &value), 1);
    assert_int_equal(engine_delete(bench->view.txn, key_span(key)), 0);
}

struct key key_of(enum key_table table)
{
    struct key key;
    key_init(&key, table, STORE_BRANCH_MAIN);
    return key;
}

struct key log_key(uint64_t seq)
{
    struct key key = key_of(KEY_LOG);
    key_add_u64(&key, seq);
    return key;
}

struct key version_key(uint64_t object, uint64_t seq)
{
    struct key key = key_of(KEY_VERSION);
    key_add_u64(&key, object);
    key_add_seq(&key, seq);
    return key;
}

struct key name_key(uint64_t parent, const char *name, uint64_t seq)
{
    struct key key = key_of(KEY_NAME);
    key_add_u64(&key, parent);
    key_add_text(&key, text(name));
    key_add_seq(&key, seq);
    return key;
}

struct key entry_key(uint64_t parent, uint64_t object, uint64_t seq)
{
    struct key key = key_of(KEY_ENTRY);
    key_add_u64(&key, parent);
    key_add_u64(&key, object);
    key_add_seq(&key, seq);
    return key;
}

struct row_version version(struct bench *bench, uint64_t object, uint64_t seq)
{
    return check_place_version(&bench->view, &bench->arena, object, seq);
}

void put_version(struct bench *bench, uint64_t object, uint64_t seq, const struct row_version *row)
{
    assert_int_equal(store_version_put(&bench->view, object, seq, row), 0);
}

struct row_state state_of(struct bench *bench)
{
    struct row_state state;
    assert_int_equal(store_state_get(&bench->view, &state), 1);
    return state;
}

void put_state(struct bench *bench, const struct row_state *state)
{
    assert_int_equal(store_state_put(&bench->view, state), 0);
}

void rewrite(struct bench *bench, struct row_version *row, const char *from, const char *to)
{
    AUTO_BUF struct buf head = {0};
    const char *start = (const char *)row->head.data;
    const char *at = strstr(start, from);
    assert_non_null(at);
    buf_append(&head, start, (size_t)(at - start));
    buf_append_string(&head, to);
    buf_append_string(&head, at + strlen(from));
    row->head = arena_copy(&bench->arena, buf_span(&head));
}

void rehash(struct bench *bench, uint64_t object, uint64_t seq, struct row_version *row)
{
    assert_int_equal(audit_record_hash(row, &row->hash), 0);
    AUTO_BUF struct buf line = {0};
    audit_record_write(&line, row);
    row->record_size = (uint32_t)line.size;
    put_version(bench, object, seq, row);
}

void bind(struct bench *bench, uint64_t parent, const char *name, uint64_t seq, uint64_t object,
          bool live)
{
    const struct row_binding binding = {.object = object, .live = live};
    assert_int_equal(store_name_put(&bench->view, parent, text(name), seq, &binding), 0);
}

void enter(struct bench *bench, uint64_t parent, const char *name, uint64_t seq, uint64_t object,
           bool live)
{
    const struct row_entry entry = {.live = live, .mode = 0600, .name = text(name)};
    assert_int_equal(store_entry_put(&bench->view, parent, object, seq, &entry), 0);
}

struct trial {
    const struct damage *damage;
    struct check_place *place; /* made by the first trial */
};

static void damage_store(const struct trial *trial, struct store *store)
{
    struct bench bench = {.place = *trial->place};
    arena_init(&bench.arena, 0);
    assert_int_equal(store_write(store, &bench.view), 0);
    trial->damage->apply(&bench);
    assert_int_equal(store_commit(&bench.view), 0);
    arena_finish(&bench.arena);
}

static void try(void **state)
{
    const struct trial *trial = *state;
    if (!trial->place->path[0])
        check_place_make(trial->place);
    struct check_place copy;
    check_place_copy(trial->place, &copy);
    struct store *store = check_place_open(&copy);
    char detail[2000];
    assert_int_equal(check_place_check(store, NULL, detail, sizeof(detail)), 0);
    damage_store(trial, store);
    int result = check_place_check(store, NULL, detail, sizeof(detail));
    store_close(store);
    check_place_remove(&copy);
    char pattern[1000];
    snprintf(pattern, sizeof(pattern), "%s*", trial->damage->finding);
    if (fnmatch(pattern, detail, FNM_NOESCAPE) != 0)
        fail_msg("expected: %s; found: %s", pattern, detail);
    assert_int_equal(result, -ERR_DAMAGED);
}

int bench_run(const char *group, const struct damage *damages, size_t count)
{
    struct check_place place = {.path = ""};
    struct trial *trials = calloc(count, sizeof(*trials));
    struct CMUnitTest *tests = calloc(count, sizeof(*tests));
    if (!trials || !tests)
        abort();
    for (size_t i = 0; i < count; i++) {
        trials[i] = (struct trial){.damage = &damages[i], .place = &place};
        tests[i] = (struct CMUnitTest){
            .name = damages[i].name, .test_func = try, .initial_state = &trials[i]};
    }
    int failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    if (place.path[0])
        check_place_remove(&place);
    free(trials);
    free(tests);
    return failed;
}
