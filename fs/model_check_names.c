/* Names lead to objects, entries are listed under names, versions say what an object is called: the
 * three agree. */
#include "fs/model_check.h"

#include "audit/record.h"
#include "store/base/cleanup.h"

/* A binding of a name, and the one that came after it. */
struct name {
    struct span key; /* empty: none */
    uint64_t parent;
    uint64_t seq;
    struct row_binding row;
};

static void name_key(struct check *check, uint64_t parent, struct span name, struct key *key)
{
    key_init(key, KEY_NAME, check->view.branch);
    key_add_u64(key, parent);
    key_add_text(key, name);
}

/* Whether `name` is the one that the key of a row has. */
static bool is_named(struct check *check, const struct name *at, struct span name)
{
    struct key key;
    name_key(check, at->parent, name, &key);
    return at->key.size == key.size + CHECK_SEQ_SIZE &&
           memcmp(at->key.data, key.bytes, key.size) == 0;
}

static int name_fault(struct check *check, const struct name *at, const char *what)
{
    return model_check_key_fault(check, at->key, "%s object %ju, %s",
                                 at->row.live ? "the name is of" : "the name was given up by",
                                 (uintmax_t)at->row.object, what);
}

/* A binding and the version that made it. A worker has no versions. */
static int check_as_of(struct check *check, const struct name *at)
{
    struct row_version row = {0};
    uint64_t seq = 0;
    int found = store_version_as_of(&check->view, at->row.object, at->seq, &seq, &row);
    if (found < 0)
        return found;
    if (at->parent == STORE_CLAIMED)
        return found == 0 ? 0 : name_fault(check, at, "which is no worker");
    if (found == 0 || seq != at->seq)
        return name_fault(check, at, "which has no version of that seq");
    bool has_it =
        row.op != ROW_DELETE && row.collection == at->parent && is_named(check, at, row.name);
    if (has_it == at->row.live)
        return 0;
    return name_fault(check, at,
                      has_it ? "whose version has it still" : "whose version does not have it");
}

/* A live name, and its object as it is now. */
static int check_live(struct check *check, const struct name *at)
{
    struct row_entry entry;
    int found = store_entry_get(&check->view, at->parent, at->row.object, &entry);
    if (found < 0)
        return found;
    if (found == 0)
        return name_fault(check, at, "which has no entry there");
    if (!entry.live)
        return name_fault(check, at, "whose entry says that it left");
    if (!is_named(check, at, entry.name))
        return name_fault(check, at, "whose entry has another name");
    if (at->parent == STORE_CLAIMED)
        return 0;
    struct row_version row;
    uint64_t seq;
    found = store_version_get(&check->view, at->row.object, &seq, &row);
    if (found < 0)
        return found;
    if (found == 0 || row.op == ROW_DELETE)
        return name_fault(check, at, "which was deleted");
    if (row.collection != at->parent || !is_named(check, at, row.name))
        return name_fault(check, at, "whose newest version has another name");
    return 0;
}

/* A name that nobody has, and who had it last. */
static int check_given_up(struct check *check, const struct name *at)
{
    struct row_entry entry;
    int found = store_entry_get(&check->view, at->parent, at->row.object, &entry);
    if (found < 0)
        return found;
    if (found == 0)
        return name_fault(check, at, "which never had an entry there");
    if (entry.live && is_named(check, at, entry.name))
        return name_fault(check, at, "whose entry has it still");
    return 0;
}

/* The object that had the name before is the predecessor of one that is created under it, if it was
 * deleted with the name (one that was renamed lives on elsewhere), and by whose record it was the
 * same user's. Returns 1, 0 or an error. */
static int is_predecessor(struct check *check, const struct name *at, uint64_t before,
                          const struct row_version *created)
{
    struct row_version row;
    struct row_entry entry;
    uint64_t seq;
    uint32_t creator = audit_record_uid(created);
    int found = store_version_as_of(&check->view, before, at->seq - 1, &seq, &row);
    if (found != 1 || row.op != ROW_DELETE || row.collection != at->parent ||
        !is_named(check, at, row.name))
        return found < 0 ? found : 0;
    found = store_entry_get(&check->view, at->parent, before, &entry);
    return found == 1 ? entry.uid == creator : found;
}

static int check_predecessor(struct check *check, const struct name *at, uint64_t before)
{
    struct row_version row;
    uint64_t seq;
    int found = store_version_as_of(&check->view, at->row.object, at->seq, &seq, &row);
    if (found < 0 || row.op != ROW_CREATE || row.predecessor == before)
        return found < 0 ? found : 0;
    uint64_t predecessor = row.predecessor;
    int linked = before == 0 ? 0 : is_predecessor(check, at, before, &row);
    if (linked < 0 || (linked == 0 && predecessor == 0))
        return linked < 0 ? linked : 0;
    return model_check_fault(
        check, KEY_VERSION, at->row.object, at->seq,
        "its predecessor is object %ju, expected %ju, which had the name before",
        (uintmax_t)predecessor, linked ? (uintmax_t)before : (uintmax_t)0);
}

/* Of two that exchange names, the one whose record is the first takes that of the other, who gives
 * it up with the next one for what the first had. Returns 1, 0 or an error. */
static int is_exchange(struct check *check, const struct name *at, uint64_t before)
{
    struct row_version taker;
    struct row_version had;
    struct row_version giver;
    uint64_t seq;
    int found = store_version_as_of(&check->view, at->row.object, at->seq, &seq, &taker);
    if (found == 1)
        found = store_version_as_of(&check->view, at->row.object, at->seq - 1, &seq, &had);
    if (found == 1)
        found = store_version_as_of(&check->view, before, at->seq + 1, &seq, &giver);
    if (found != 1)
        return found;
    return seq == at->seq + 1 && taker.op == ROW_RENAME && giver.op == ROW_RENAME &&
           giver.commit == taker.commit && giver.collection == had.collection &&
           span_equal(giver.name, had.name);
}

static int check_passed(struct check *check, const struct name *at, const struct name *before)
{
    int exchanged = is_exchange(check, at, before->row.object);
    if (exchanged == 0)
        return name_fault(check, at, "and the one before did not give it up");
    return exchanged < 0 ? exchanged : 0;
}

/* `before` is NULL for the first binding of a name. */
static int check_turn(struct check *check, const struct name *at, const struct name *before)
{
    if (at->parent == STORE_CLAIMED) /* all of one seq share a row, so turns can be missing */
        return 0;
    if (!at->row.live && (!before || !before->row.live || before->row.object != at->row.object))
        return name_fault(check, at, "which did not have it");
    if (!at->row.live)
        return 0;
    if (before && before->row.live && before->row.object != at->row.object)
        return check_passed(check, at, before);
    return check_predecessor(check, at, before ? before->row.object : 0);
}

static int visit_name(struct check *check, struct span key, struct span value, void *context)
{
    struct name *newer = context;
    struct name at = {.key = key, .parent = key_u64_at(key, CHECK_FIRST), .seq = key_seq(key)};
    int result = row_binding_decode(value, &at.row);
    bool is_newest = !model_check_same_thing(newer->key, key);
    if (result == 0 && newer->key.size > 0)
        result = check_turn(check, newer, is_newest ? NULL : &at);
    if (result == 0)
        result = check_as_of(check, &at);
    if (result == 0 && is_newest)
        result = at.row.live ? check_live(check, &at) : check_given_up(check, &at);
    *newer = at;
    return result;
}

struct entry {
    struct span key; /* empty: none */
    uint64_t parent;
    uint64_t object;
    struct row_entry row;
};

static int entry_fault(struct check *check, const struct entry *at, const char *what)
{
    uint64_t seq = key_seq(at->key);
    AUTO_BUF struct buf where = {0};
    buf_append_byte(&where, '"');
    model_check_show(&where, at->row.name);
    buf_append_string(&where, "\" in ");
    model_check_show_folder(check, &where, at->parent, seq);
    return model_check_fault(check, KEY_ENTRY, at->object, seq, "%s %s", buf_string(&where), what);
}

static int check_entry_name(struct check *check, const struct entry *at)
{
    struct row_binding binding;
    int found = store_name_get(&check->view, at->parent, at->row.name, &binding);
    if (found < 0)
        return found;
    bool has_name = found == 1 && binding.live && binding.object == at->object;
    if (at->row.live == has_name)
        return 0;
    return entry_fault(check, at, has_name ? "left, and has its name still" : "has lost its name");
}

static int check_entry_version(struct check *check, const struct entry *at)
{
    struct row_version row = {0};
    uint64_t seq;
    int found = store_version_get(&check->view, at->object, &seq, &row);
    if (found < 0)
        return found;
    if (found == 0)
        return entry_fault(check, at, "has no versions");
    bool is_there = row.op != ROW_DELETE && row.collection == at->parent;
    if (is_there && !at->row.live)
        return entry_fault(check, at, "left, and its newest version is there still");
    if (!at->row.live)
        return 0;
    if (!is_there)
        return entry_fault(check, at,
                           row.op == ROW_DELETE ? "was deleted" : "is in another collection now");
    if (!span_equal(row.name, at->row.name))
        return entry_fault(check, at, "has another name in its newest version");
    return 0;
}

/* A collection's folder is there when its schema is, and called alike. */
static int check_folder(struct check *check, const struct entry *folder)
{
    struct row_entry schema = {0};
    int found = store_entry_get(&check->view, STORE_SCHEMAS, folder->object, &schema);
    if (found < 0)
        return found;
    if (found == 0)
        return entry_fault(check, folder, "is a collection that never had a schema");
    if (schema.live != folder->row.live)
        return entry_fault(check, folder,
                           schema.live ? "left, and its schema is there still"
                                       : "is a collection without a schema");
    if (schema.live && !span_equal(schema.name, folder->row.name))
        return entry_fault(check, folder, "is called differently than its schema");
    return 0;
}

static int check_has_folder(struct check *check, const struct entry *schema)
{
    struct row_entry folder;
    int found = store_entry_get(&check->view, STORE_ROOT, schema->object, &folder);
    if (found < 0)
        return found;
    return found == 1 && folder.live == schema->row.live
               ? 0
               : entry_fault(check, schema, "is a schema whose collection has no folder");
}

static int check_parent(struct check *check, const struct entry *at)
{
    struct span name;
    if (!at->row.live || at->parent == STORE_SCHEMAS)
        return 0;
    int found = model_check_collection_name(check, at->parent, check->state.seq, &name);
    if (found < 0)
        return found;
    return found == 1 ? 0 : entry_fault(check, at, "is in a folder that is no collection");
}

static int check_entry(struct check *check, const struct entry *at)
{
    bool is_fixed = at->object < STORE_FIRST_FREE; /* only its attributes are kept */
    if (is_fixed && at->parent <= STORE_OUTBOX)
        return 0;
    if (is_fixed || at->parent == 0)
        return entry_fault(check, at, "has no business there");
    if (at->parent == STORE_ROOT)
        return check_folder(check, at);
    int result = check_entry_name(check, at);
    if (result < 0 || at->parent == STORE_CLAIMED)
        return result;
    result = check_entry_version(check, at);
    if (result == 0)
        result = check_parent(check, at);
    if (result == 0 && at->parent == STORE_SCHEMAS)
        result = check_has_folder(check, at);
    return result;
}

static int visit_entry(struct check *check, struct span key, struct span value, void *context)
{
    struct entry *newer = context;
    if (model_check_same_thing(newer->key, key))
        return 0;
    struct entry at = {.key = key,
                       .parent = key_u64_at(key, CHECK_FIRST),
                       .object = key_u64_at(key, CHECK_ENTRY_OBJECT)};
    int result = row_entry_decode(value, &at.row);
    if (result == 0)
        result = check_entry(check, &at);
    check->summary.entities += at.row.live && at.parent >= STORE_FIRST_FREE;
    *newer = at;
    return result;
}

int model_check_pass_names(struct check *check)
{
    struct name last = {0};
    struct entry none = {0};
    int result = model_check_walk(check, KEY_NAME, visit_name, &last);
    if (result == 0 && last.key.size > 0)
        result = check_turn(check, &last, NULL);
    return result < 0 ? result : model_check_walk(check, KEY_ENTRY, visit_entry, &none);
}
