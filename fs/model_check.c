#include "fs/model_check.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#define SHOWN_MAX 200

static const char *table_name(enum key_table table)
{
    switch (table) {
    case KEY_FORMAT:
        return "format";
    case KEY_OBJECTS:
        return "object counter";
    case KEY_STATE:
        return "state";
    case KEY_NAME:
        return "names";
    case KEY_ENTRY:
        return "entries";
    case KEY_VERSION:
        return "versions";
    case KEY_LOG:
        return "log";
    case KEY_UNIQUE:
        return "unique index";
    case KEY_REFERENCE:
        return "references";
    case KEY_EVENT:
        return "events";
    case KEY_PLACE:
        return "places of events";
    case KEY_TIME:
        return "times of folders";
    case KEY_XATTR:
        return "extended attributes";
    default:
        return "rows of no known table";
    }
}

void model_check_show(struct buf *out, struct span text)
{
    bool cut = text.size > SHOWN_MAX;
    text = span_head(text, SHOWN_MAX);
    while (text.size > 0) {
        size_t length = utf8_length(text);
        if (length == 0 || text.data[0] < 0x20 || text.data[0] == 0x7f) {
            buf_printf(out, "\\x%02x", text.data[0]);
            length = 1;
        } else {
            buf_append(out, text.data, length);
        }
        text = span_skip(text, length);
    }
    if (cut)
        buf_append_string(out, "...");
}

/* A version that can be read, the newer the better. */
static bool find_readable(struct check *check, uint64_t object, uint64_t seq,
                          struct row_version *ret_row)
{
    uint64_t found;
    return store_version_as_of(&check->view, object, seq, &found, ret_row) == 1 ||
           (seq > 0 && store_version_as_of(&check->view, object, seq - 1, &found, ret_row) == 1) ||
           store_version_get(&check->view, object, &found, ret_row) == 1 ||
           store_version_after(&check->view, object, 0, &found, ret_row) == 1;
}

static const char *fixed_name(uint64_t object)
{
    static const char *const names[STORE_FIRST_FREE] = {
        [STORE_ROOT] = "the root",           [STORE_SCHEMAS] = ".schema",
        [STORE_OUTBOX] = ".outbox",          [STORE_PENDING] = ".outbox/pending",
        [STORE_CLAIMED] = ".outbox/claimed", [STORE_DISPATCHED] = ".outbox/dispatched",
        [STORE_DEAD] = ".outbox/dead",
    };
    return object < STORE_FIRST_FREE ? names[object] : NULL;
}

/* Where an object is listed, when none of its versions can be read. */
static bool find_entry(struct check *check, uint64_t object, uint64_t *ret_parent,
                       struct row_entry *ret_entry)
{
    uint64_t parent = STORE_SCHEMAS;
    uint64_t collection = 0;
    struct row_entry unused;
    do {
        if (store_entry_get(&check->view, parent, object, ret_entry) == 1) {
            *ret_parent = parent;
            return true;
        }
        if (store_entry_next(&check->view, STORE_SCHEMAS, collection, &collection, &unused) != 1)
            return false;
        parent = collection;
    } while (true);
}

static void show_collection(struct check *check, struct buf *out, uint64_t object, uint64_t seq)
{
    struct row_version row;
    if (fixed_name(object))
        buf_append_string(out, fixed_name(object));
    else if (find_readable(check, object, seq, &row))
        model_check_show(out, row.name);
    else
        buf_printf(out, "object %ju", (uintmax_t)object);
}

/* "users/alice (object 65)". */
static void show_object(struct check *check, struct buf *out, uint64_t object, uint64_t seq)
{
    struct row_version row;
    struct row_entry entry;
    if (fixed_name(object)) {
        buf_append_string(out, fixed_name(object));
        return;
    }
    if (find_readable(check, object, seq, &row)) {
        entry.name = row.name;
    } else if (!find_entry(check, object, &row.collection, &entry)) {
        buf_printf(out, "object %ju", (uintmax_t)object);
        return;
    }
    AUTO_BUF struct buf name = {0};
    model_check_show(&name, entry.name); /* before the next look-up */
    show_collection(check, out, row.collection, seq);
    buf_append_byte(out, '/');
    buf_append_span(out, buf_span(&name));
    buf_printf(out, " (object %ju)", (uintmax_t)object);
}

void model_check_show_folder(struct check *check, struct buf *out, uint64_t folder, uint64_t seq)
{
    struct row_version row;
    if (fixed_name(folder) || !find_readable(check, folder, seq, &row)) {
        show_object(check, out, folder, seq);
        return;
    }
    model_check_show(out, row.name);
    buf_printf(out, " (object %ju)", (uintmax_t)folder);
}

static bool is_of_folder(enum key_table table)
{
    return table == KEY_NAME || table == KEY_UNIQUE || table == KEY_TIME;
}

/* Appends "versions: users/alice (object 65), seq 3: ". */
static void show_place(struct check *check, struct buf *out, enum key_table table, uint64_t subject,
                       uint64_t seq, bool is_folder)
{
    buf_append_string(out, table_name(table));
    buf_append_string(out, ": ");
    if (subject != CHECK_NO_OBJECT && is_folder)
        model_check_show_folder(check, out, subject, seq);
    else if (subject != CHECK_NO_OBJECT)
        show_object(check, out, subject, seq);
    if (subject != CHECK_NO_OBJECT && seq != CHECK_NO_SEQ)
        buf_append_string(out, ", ");
    if (seq != CHECK_NO_SEQ)
        buf_printf(out, "seq %ju", (uintmax_t)seq);
    if (subject != CHECK_NO_OBJECT || seq != CHECK_NO_SEQ)
        buf_append_string(out, ": ");
}

int model_check_fault(struct check *check, enum key_table table, uint64_t object, uint64_t seq,
                      const char *format, ...)
{
    AUTO_BUF struct buf text = {0};
    show_place(check, &text, table, object, seq, false);
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    return problem_set(check->problem, ERR_DAMAGED, "%s", buf_string(&text));
}

/* Whose row it is, as the key says. */
static void read_key(struct span key, uint64_t *ret_object, uint64_t *ret_seq)
{
    *ret_object = CHECK_NO_OBJECT;
    *ret_seq = CHECK_NO_SEQ;
    if (key.size < CHECK_FIRST + 8)
        return;
    bool remembers = key.size >= CHECK_FIRST + 16;
    switch (key.data[0]) {
    case KEY_VERSION:
    case KEY_NAME:
    case KEY_UNIQUE:
    case KEY_XATTR:
        *ret_object = key_u64_at(key, CHECK_FIRST);
        *ret_seq = remembers ? key_seq(key) : CHECK_NO_SEQ;
        break;
    case KEY_ENTRY:
        *ret_object = key_u64_at(key, remembers ? CHECK_ENTRY_OBJECT : CHECK_FIRST);
        *ret_seq = key.size >= CHECK_ENTRY_OBJECT + 16 ? key_seq(key) : CHECK_NO_SEQ;
        break;
    case KEY_REFERENCE:
        if (key.size >= CHECK_REFERENCE_TEXT + CHECK_REFERRER_SIZE + CHECK_SEQ_SIZE) {
            *ret_object = key_u64_at(key, key.size - CHECK_REFERRER_SIZE - CHECK_SEQ_SIZE);
            *ret_seq = key_seq(key);
        }
        break;
    case KEY_TIME:
        *ret_object = key_u64_at(key, CHECK_FIRST);
        break;
    case KEY_LOG:
    case KEY_PLACE:
        *ret_seq = key_u64_at(key, CHECK_FIRST);
        break;
    case KEY_EVENT:
        *ret_seq = key.size >= CHECK_EVENT_ID + 8 ? key_u64_at(key, CHECK_EVENT_ID) : CHECK_NO_SEQ;
        break;
    default:
        break;
    }
}

/* The text within a key, without the zeros that end it and what is behind them. */
static struct span key_text(struct span key)
{
    size_t at = 0;
    size_t behind = 2 + CHECK_SEQ_SIZE;
    if (key.data[0] == KEY_NAME)
        at = CHECK_NAME_TEXT;
    else if (key.data[0] == KEY_XATTR)
        at = CHECK_XATTR_TEXT;
    else if (key.data[0] == KEY_UNIQUE)
        at = CHECK_UNIQUE_TEXT;
    else if (key.data[0] == KEY_REFERENCE)
        at = CHECK_REFERENCE_TEXT;
    if (key.data[0] == KEY_REFERENCE)
        behind += CHECK_REFERRER_SIZE;
    if (at == 0 || key.size < at + behind)
        return span_make(NULL, 0);
    return span_make(key.data + at, key.size - at - behind);
}

/* A name has no quotes of its own; a value is JSON. */
static void show_text(struct buf *out, struct span key)
{
    struct span text = key.size > 0 ? key_text(key) : key;
    bool is_name = key.size > 0 && (key.data[0] == KEY_NAME || key.data[0] == KEY_XATTR);
    const char *quote = is_name ? "\"" : "";
    if (text.size == 0)
        return;
    buf_append_string(out, quote);
    model_check_show(out, text);
    buf_append_string(out, quote);
    buf_append_string(out, ": ");
}

int model_check_key_fault(struct check *check, struct span key, const char *format, ...)
{
    uint64_t object;
    uint64_t seq;
    read_key(key, &object, &seq);
    AUTO_BUF struct buf text = {0};
    enum key_table table = key.size > 0 ? (enum key_table)key.data[0] : 0;
    show_place(check, &text, table, object, seq, is_of_folder(table));
    show_text(&text, key);
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    return problem_set(check->problem, ERR_DAMAGED, "%s", buf_string(&text));
}

int model_check_walk(struct check *check, enum key_table table, model_check_visit *visit,
                     void *context)
{
    struct engine_cursor *cursor;
    int result = engine_cursor_open(check->view.txn, &cursor);
    if (result < 0)
        return result;
    struct key from;
    key_init(&from, table, check->view.branch);
    struct span key = {0};
    struct span value;
    int found = engine_cursor_seek(cursor, key_span(&from), &key, &value);
    while (found == 1 && span_starts_with(key, key_span(&from))) {
        result = visit(check, key, value, context);
        if (result < 0)
            break;
        found = engine_cursor_next(cursor, &key, &value);
    }
    engine_cursor_close(cursor);
    return result < 0 || found >= 0 ? result : found;
}

bool model_check_same_thing(struct span a, struct span b)
{
    return a.size == b.size && a.size > CHECK_SEQ_SIZE &&
           memcmp(a.data, b.data, a.size - CHECK_SEQ_SIZE) == 0;
}

int model_check_collection_name(struct check *check, uint64_t collection, uint64_t seq,
                                struct span *ret_name)
{
    if (collection == STORE_SCHEMAS) {
        *ret_name = span_of_string(".schema");
        return 1;
    }
    struct row_version row;
    uint64_t found_seq;
    int found = store_version_as_of(&check->view, collection, seq, &found_seq, &row);
    if (found != 1)
        return found;
    *ret_name = row.name;
    return row.op != ROW_DELETE && row.collection == STORE_SCHEMAS;
}

int model_check_document(struct check *check, uint64_t object, uint64_t seq, struct arena *arena,
                         struct span document, struct tree **ret_tree)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = tree_parse(arena, document, SIZE_MAX, ret_tree, &problem);
    if (result == 0 || result == -ERR_NO_MEMORY)
        return result;
    return model_check_fault(check, KEY_VERSION, object, seq, "the document cannot be parsed: %s",
                             buf_string(&problem.detail));
}

int model_check_schema(struct check *check, uint64_t collection, const struct schema **ret_schema)
{
    *ret_schema = check->schema;
    if (check->schema_of == collection)
        return 0;
    schema_destroy(check->schema);
    check->schema = NULL;
    check->schema_of = 0;
    struct row_version row;
    uint64_t seq;
    int found = store_version_get(&check->view, collection, &seq, &row);
    if (found < 0)
        return found;
    if (found == 0 || row.op == ROW_DELETE || row.collection != STORE_SCHEMAS)
        return model_check_fault(check, KEY_VERSION, collection, CHECK_NO_SEQ,
                                 "it is used as a collection, and is none");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    AUTO_BUF struct buf needs = {0};
    const struct source source = {
        .library = check->library, .view = &check->view, .ids = &check->ids};
    int result = source_compile(&source, row.name, row.document, &needs, &check->schema, &problem);
    if (result == -ERR_NO_MEMORY)
        return result;
    if (result < 0)
        return model_check_fault(check, KEY_VERSION, collection, seq, "the schema is not valid: %s",
                                 buf_string(&problem.detail));
    check->schema_of = collection;
    *ret_schema = check->schema;
    return 0;
}

/* What the passes are measured against. */
static int load(struct check *check)
{
    int found = store_state_get(&check->view, &check->state);
    if (found == -ERR_DAMAGED)
        return model_check_fault(check, KEY_STATE, CHECK_NO_OBJECT, CHECK_NO_SEQ,
                                 "the row that says where the branch stands is damaged");
    if (found < 0)
        return found;
    struct key key;
    struct span value;
    key_init(&key, KEY_OBJECTS, 0);
    found = engine_get(check->view.txn, key_span(&key), &value);
    if (found == -ERR_DAMAGED || (found == 1 && value.size != 8))
        return model_check_fault(check, KEY_OBJECTS, CHECK_NO_OBJECT, CHECK_NO_SEQ,
                                 "the row is damaged");
    check->next_object = found == 1 ? key_u64_at(value, 0) : STORE_FIRST_FREE;
    return found < 0 ? found : 0;
}

static int run(struct check *check)
{
    static int (*const passes[])(struct check *) = {load,
                                                    model_check_pass_rows,
                                                    model_check_pass_log,
                                                    model_check_pass_histories,
                                                    model_check_pass_names,
                                                    model_check_pass_values,
                                                    model_check_pass_references,
                                                    model_check_pass_xattrs,
                                                    model_check_pass_outbox};
    int result = 0;
    for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]) && result == 0; i++)
        result = passes[i](check);
    return result;
}

int model_check(struct store *store, struct model_check_summary *ret_summary,
                struct problem *problem)
{
    struct check check = {.problem = problem};
    int result = schema_library_create(&check.library, problem);
    if (result == 0)
        result = store_read(store, &check.view);
    if (result == 0) {
        result = run(&check);
        store_view_end(&check.view);
        schema_destroy(check.schema);
        source_ids_finish(&check.ids);
    }
    schema_library_destroy(check.library);
    if (result < 0 && problem && problem->code != result)
        problem_set(problem, (enum err) - result, "the check could not go on: %s",
                    error_title(result));
    if (result == 0 && ret_summary)
        *ret_summary = check.summary;
    return result;
}
