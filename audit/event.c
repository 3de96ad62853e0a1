#include "audit/event.h"

#include "audit/record.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <stdio.h>

void audit_event_type(struct buf *out, struct span collection, enum row_op op)
{
    static const char *const done[] = {[ROW_CREATE] = ".created",
                                       [ROW_UPDATE] = ".updated",
                                       [ROW_DELETE] = ".deleted",
                                       [ROW_RENAME] = ".renamed",
                                       [ROW_MIGRATE] = ".updated"};
    buf_append_span(out, collection);
    buf_append_string(out, done[op]);
}

static struct span collection_of(struct span type)
{
    while (type.size > 0 && type.data[type.size - 1] != '.')
        type.size--;
    return span_head(type, type.size > 0 ? type.size - 1 : 0);
}

static struct span without_space(struct span text)
{
    while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1]))
        text.size--;
    return text;
}

void audit_event_write(struct buf *out, struct store_event_id id, const struct row_event *event,
                       const struct row_version *version)
{
    buf_printf(out, "{\"seq\":%ju,\"type\":", (uintmax_t)id.seq);
    buf_append_json_string(out, event->type);
    buf_append_string(out, ",\"at\":\"");
    clock_append(out, version->at);
    buf_append_string(out, "\",\"collection\":");
    buf_append_json_string(out, collection_of(event->type));
    buf_append_string(out, ",\"id\":");
    buf_append_json_string(out, version->name);
    buf_printf(out, ",\"version\":%ju,\"op\":\"%s\",\"attempts\":%u,\"data\":",
               (uintmax_t)version->version, audit_op_name(version->op), event->attempts);
    struct span data = without_space(version->document);
    buf_append_span(out, data.size > 0 ? data : span_of_string("null"));
    buf_append_string(out, "}\n");
}

static size_t digits(uint32_t number)
{
    char text[16];
    return (size_t)snprintf(text, sizeof(text), "%u", number);
}

uint64_t audit_event_size(const struct row_event *event)
{
    return event->size + digits(event->attempts);
}

int audit_event_measure(struct store_event_id id, const struct row_version *version,
                        struct row_event *event)
{
    AUTO_BUF struct buf text = {0};
    audit_event_write(&text, id, event, version);
    if (buf_failed(&text))
        return -ERR_NO_MEMORY;
    event->size = (uint32_t)(text.size - digits(event->attempts));
    return 0;
}

#define SEQ_DIGITS 20

void audit_event_name(struct buf *out, struct store_event_id id, struct span type)
{
    buf_printf(out, "%0*ju", SEQ_DIGITS, (uintmax_t)id.seq);
    if (id.nth > 0)
        buf_printf(out, ".%u", id.nth + 1U);
    buf_append_byte(out, '-');
    buf_append_span(out, type);
    buf_append_string(out, ".json");
}

/* Takes decimal digits off the front. Returns how many there were. */
static size_t take_digits(struct span *text, uint64_t *ret_number)
{
    size_t count = 0;
    *ret_number = 0;
    while (count < text->size && text->data[count] >= '0' && text->data[count] <= '9') {
        *ret_number = *ret_number * 10 + (uint64_t)(text->data[count] - '0');
        count++;
    }
    *text = span_skip(*text, count);
    return count;
}

/* Twenty digits in order compare as their numbers do. */
static bool is_too_large(struct span digits)
{
    return memcmp(digits.data, "18446744073709551615", SEQ_DIGITS) > 0;
}

bool audit_event_parse(struct span name, struct store_event_id *ret_id)
{
    uint64_t seq;
    uint64_t nth = 1;
    struct span digits = span_head(name, SEQ_DIGITS);
    if (take_digits(&name, &seq) != SEQ_DIGITS || name.size == 0 || is_too_large(digits))
        return false;
    if (name.data[0] == '.') {
        name = span_skip(name, 1);
        size_t count = take_digits(&name, &nth);
        if (count == 0 || count > 2 || nth < 2)
            return false;
    }
    *ret_id = (struct store_event_id){.seq = seq, .nth = (uint8_t)(nth - 1)};
    return name.size > 0 && name.data[0] == '-';
}
