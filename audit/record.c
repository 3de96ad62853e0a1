#include "audit/record.h"

#include "schema/diff.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

const char *audit_op_name(enum row_op op)
{
    static const char *const names[] = {[ROW_CREATE] = "create",
                                        [ROW_UPDATE] = "update",
                                        [ROW_DELETE] = "delete",
                                        [ROW_RENAME] = "rename",
                                        [ROW_MIGRATE] = "migrate"};
    return names[op];
}

static void write_head(struct buf *out, const struct audit_subject *subject,
                       const struct row_version *row)
{
    buf_printf(out, "{\"seq\":%ju,\"at\":\"", (uintmax_t)subject->seq);
    clock_append(out, row->at);
    buf_printf(out, "\",\"op\":\"%s\",\"collection\":", audit_op_name(row->op));
    buf_append_json_string(out, subject->collection);
    buf_append_string(out, ",\"id\":");
    buf_append_json_string(out, row->name);
    if (subject->from.size > 0) {
        buf_append_string(out, ",\"from\":");
        buf_append_json_string(out, subject->from);
    }
    const struct audit_actor *actor = subject->actor;
    buf_printf(out, ",\"version\":%ju,\"actor\":{\"uid\":%u,\"gid\":%u,\"pid\":%d,\"comm\":",
               (uintmax_t)row->version, actor->uid, actor->gid, actor->pid);
    buf_append_json_string(out, span_of_string(actor->comm));
    buf_append_string(out, "},\"patch\":");
}

/* The document without the white space between its tokens. */
static void write_compact(struct buf *out, struct span text)
{
    bool in_string = false;
    size_t kept = 0; /* where the run not yet copied begins */
    for (size_t at = 0; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (in_string && byte == '\\') {
            at++;
        } else if (byte == '"') {
            in_string = !in_string;
        } else if (!in_string && (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')) {
            buf_append(out, text.data + kept, at - kept);
            kept = at + 1;
        }
    }
    if (kept < text.size)
        buf_append(out, text.data + kept, text.size - kept);
}

/* Everything the hash covers but the closing brace. */
static void write_hashed(struct buf *out, const struct row_version *row)
{
    buf_append_span(out, row->head);
    if (row->whole) {
        buf_append_string(out, "[{\"op\":\"add\",\"path\":\"\",\"value\":");
        write_compact(out, row->document);
        buf_append_string(out, "}]");
    } else {
        buf_append_span(out, row->patch);
    }
    buf_append_string(out, ",\"prev\":\"");
    digest_append_hex(out, &row->prev);
    buf_append_byte(out, '"');
}

static struct digest hash_of(const struct buf *hashed)
{
    struct span parts[] = {buf_span(hashed), span_of_string("}")};
    return digest_of(parts, 2);
}

static void write_hash(struct buf *out, const struct digest *hash)
{
    buf_append_string(out, ",\"hash\":\"");
    digest_append_hex(out, hash);
    buf_append_string(out, "\"}\n");
}

void audit_record_write(struct buf *out, const struct row_version *row)
{
    write_hashed(out, row);
    write_hash(out, &row->hash);
}

int audit_record_hash(const struct row_version *row, struct digest *ret_hash)
{
    AUTO_BUF struct buf text = {0};
    write_hashed(&text, row);
    if (buf_failed(&text))
        return -ERR_NO_MEMORY;
    *ret_hash = hash_of(&text);
    return 0;
}

static void write_patch(struct buf *out, const struct audit_subject *subject)
{
    if (subject->after)
        diff_write(out, subject->before, subject->after);
    else
        buf_append_string(out, "[{\"op\":\"remove\",\"path\":\"\"}]");
}

int audit_record_make(struct arena *arena, const struct audit_subject *subject,
                      struct row_version *row)
{
    AUTO_BUF struct buf text = {0};
    write_head(&text, subject, row);
    struct span head = arena_copy(arena, buf_span(&text));
    if (buf_failed(&text) || !head.data) /* which the clearing would forget */
        return -ERR_NO_MEMORY;
    buf_clear(&text);
    row->patch = span_make(NULL, 0);
    row->whole = !subject->before && subject->after;
    if (!row->whole) {
        write_patch(&text, subject);
        /* A patch much larger than what it describes is no use to anyone. */
        row->whole = subject->after && text.size > 2 * row->document.size + 512;
    }
    if (!row->whole)
        row->patch = arena_copy(arena, buf_span(&text));
    if (buf_failed(&text) || (!row->whole && !row->patch.data))
        return -ERR_NO_MEMORY;
    row->head = head;
    buf_clear(&text);
    write_hashed(&text, row);
    row->hash = hash_of(&text);
    write_hash(&text, &row->hash);
    row->record_size = (uint32_t)text.size;
    return buf_failed(&text) ? -ERR_NO_MEMORY : 0;
}

/* The number behind `member`, which is spelled as write_head does; no text of a user's can be, as
 * its quotes are escaped. */
static uint32_t number_of(const struct row_version *row, const char *member)
{
    size_t size = strlen(member);
    const uint8_t *at = memmem(row->head.data, row->head.size, member, size);
    uint32_t number = 0;
    if (!at)
        return 0;
    const uint8_t *end = row->head.data + row->head.size;
    for (at += size; at < end && *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint32_t)(*at - '0');
    return number;
}

uint32_t audit_record_uid(const struct row_version *row)
{
    return number_of(row, ",\"actor\":{\"uid\":");
}

uint32_t audit_record_pid(const struct row_version *row)
{
    return number_of(row, ",\"pid\":");
}

struct digest audit_chain_next(const struct digest *chain, const struct digest *hash)
{
    struct span parts[] = {span_make(chain->bytes, DIGEST_SIZE),
                           span_make(hash->bytes, DIGEST_SIZE)};
    return digest_of(parts, 2);
}
