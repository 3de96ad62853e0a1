#include "schema/format_internal.h"

#define DAY_MINUTES 1440

/* RFC 3339, section 5.6. */
struct date {
    unsigned day;
    unsigned days; /* of its month */
};

struct time {
    int minute; /* of the UTC day of the date: outside of it when the offset leads there */
    bool leap;  /* its second is the 60th */
};

/* Exactly `count` digits, at most 4. */
static bool take_number(struct span *text, size_t count, unsigned *ret_number)
{
    if (text->size < count)
        return false;
    unsigned number = 0;
    for (size_t i = 0; i < count; i++) {
        if (!byte_in(text->data[i], BYTE_DIGIT))
            return false;
        number = number * 10 + text->data[i] - '0';
    }
    *text = span_skip(*text, count);
    *ret_number = number;
    return true;
}

/* Section 5.7 has the days of a month. */
static bool take_date(struct span *text, struct date *ret_date)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year, month, day;
    if (!take_number(text, 4, &year) || !take_byte(text, '-') || !take_number(text, 2, &month) ||
        !take_byte(text, '-') || !take_number(text, 2, &day) || month < 1 || month > 12)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    ret_date->day = day;
    ret_date->days = days[month - 1] + (unsigned)(month == 2 && leap);
    return day >= 1 && day <= ret_date->days;
}

/* In minutes, without the offset. */
static bool take_clock(struct span *text, int *ret_minutes)
{
    unsigned hour, minute;
    if (!take_number(text, 2, &hour) || !take_byte(text, ':') || !take_number(text, 2, &minute) ||
        hour > 23 || minute > 59)
        return false;
    *ret_minutes = (int)(hour * 60 + minute);
    return true;
}

/* In minutes east of UTC. */
static bool take_offset(struct span *text, int *ret_minutes)
{
    *ret_minutes = 0;
    if (take_prefix(text, "z"))
        return true;
    bool east = take_byte(text, '+');
    if ((!east && !take_byte(text, '-')) || !take_clock(text, ret_minutes))
        return false;
    if (!east)
        *ret_minutes = -*ret_minutes;
    return true;
}

static bool take_time(struct span *text, struct time *ret_time)
{
    unsigned second;
    int minutes, offset;
    if (!take_clock(text, &minutes) || !take_byte(text, ':') || !take_number(text, 2, &second) ||
        second > 60)
        return false;
    if (take_byte(text, '.') && take_set(text, BYTE_DIGIT) == 0)
        return false;
    if (!take_offset(text, &offset))
        return false;
    ret_time->minute = minutes - offset;
    ret_time->leap = second == 60;
    return true;
}

/* A leap second is the last of a day in UTC (section 5.7). */
static bool leap_fits_time(const struct time *time)
{
    return (time->minute + DAY_MINUTES) % DAY_MINUTES == DAY_MINUTES - 1;
}

/* And that day is the last of a month. */
static bool leap_fits_date(const struct time *time, const struct date *date)
{
    if (time->minute < 0)
        return date->day == 1;
    return date->day + (unsigned)(time->minute >= DAY_MINUTES) == date->days;
}

bool fits_date(struct span text)
{
    struct date date;
    return take_date(&text, &date) && text.size == 0;
}

bool fits_time(struct span text)
{
    struct time time;
    return take_time(&text, &time) && text.size == 0 && (!time.leap || leap_fits_time(&time));
}

bool fits_date_time(struct span text)
{
    struct date date;
    struct time time;
    if (!take_date(&text, &date) || !take_prefix(&text, "t") || !take_time(&text, &time))
        return false;
    return text.size == 0 &&
           (!time.leap || (leap_fits_time(&time) && leap_fits_date(&time, &date)));
}

/* Numbers, each with one of the units: the one after that of the number before. */
static bool take_units(struct span *text, const char *units)
{
    for (bool first = true; take_set(text, BYTE_DIGIT) > 0; first = false) {
        const char *unit = text->size > 0 ? memchr(units, text->data[0], strlen(units)) : NULL;
        if (!unit || (!first && unit != units))
            return false;
        *text = span_skip(*text, 1);
        units = unit + 1;
    }
    return true;
}

/* RFC 3339, appendix A. */
bool fits_duration(struct span text)
{
    if (!take_byte(&text, 'P') || text.size == 0)
        return false;
    if (text.data[text.size - 1] == 'W')
        return take_set(&text, BYTE_DIGIT) > 0 && text.size == 1;
    if (!take_units(&text, "YMD"))
        return false;
    if (text.size == 0)
        return true;
    return take_byte(&text, 'T') && text.size > 0 && take_units(&text, "HMS") && text.size == 0;
}
