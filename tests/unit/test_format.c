/* Formats: the table of them, times, and tokens. */
#include "format_place.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void the_table_is_sorted_and_found(void **state)
{
    (void)state;
    const struct format *formats;
    size_t count = format_list(&formats);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(format_find(span_of_string(formats[i].name)), &formats[i]);
        assert_true(i == 0 || strcmp(formats[i - 1].name, formats[i].name) < 0);
    }
    assert_null(format_find(span_of_string("")));
    assert_null(format_find(span_of_string("dat")));
    assert_null(format_find(span_of_string("Date")));
}

static void every_format_takes_any_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\0", "%", "[", "xn--", "\xf4\x8f\xbf\xbf", "\xc3"};
    const struct format *formats;
    size_t count = format_list(&formats);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
            format_fits(formats[i].name, span_make(texts[k], strlen(texts[k]) + 1));
    for (size_t i = 0; i < count; i++)
        formats[i].fits(span_make(NULL, 0));
}

static void dates(void **state)
{
    (void)state;
    FITS("date", "2026-11-21", "2024-02-29", "2000-02-29", "0000-02-29", "0001-01-01", "9999-12-31",
         "2026-04-30");
    REFUSES("date", "2026-02-29", "1900-02-29", "2100-02-29", "2024-02-30", "2026-04-31",
            "2026-01-32", "2026-13-01", "2026-00-10", "2026-01-00");
    REFUSES("date", "", "26-11-21", "2026-1-1", "12026-11-21", "+2026-11-21", "2026/11/21",
            "2026-11-21 ", " 2026-11-21", "2026-11-21T", "2026-11-21Z", "20261121", "2026-W01",
            "2026-325", "2026--11-21", "2026-11-2\xd9\xa1",
            "\xd9\xa1\xd9\xa9\xd9\xa6\xd9\xa3-06-19");
}

static void times(void **state)
{
    (void)state;
    FITS("time", "10:00:00Z", "10:00:00z", "23:59:59.9+23:59", "12:34:56-00:00",
         "00:00:00.000000000000000000001-23:59");
    REFUSES("time", "10:00:00", "24:00:00Z", "10:60:00Z", "10:00:61Z", "10:00:00.Z", "10:00:00,5Z",
            "10:00:00+24:00", "10:00:00+00:60", "10:00:00+0100", "10:00:00+01", "10:00:00+1:00",
            "10:00:00Z ", "1:00:00Z", "10:00Z", "10:00:00#00:00", "100000Z", "", "10:00:00ZZ",
            "10:00:00Z+00:00", "10:00:00 Z", "1\xe0\xa7\xa8:00:00Z");
}

static void leap_seconds_end_a_day_in_utc(void **state)
{
    (void)state;
    FITS("time", "23:59:60Z", "23:59:60.5Z", "23:59:60-00:00", "15:59:60-08:00", "01:29:60+01:30",
         "00:29:60-23:30", "23:29:60+23:30", "23:58:60+23:59");
    REFUSES("time", "10:00:60Z", "23:58:60Z", "22:59:60Z", "23:59:60+01:00", "23:59:60-00:30",
            "24:59:60+01:00", "23:60:60+00:01");
}

static void leap_seconds_end_a_month_in_utc(void **state)
{
    (void)state;
    FITS("date-time", "1998-12-31T23:59:60Z", "1998-12-31T15:59:60.123-08:00",
         "1999-01-01T00:59:60+01:00", "2015-06-30T23:59:60Z", "2015-07-01T08:59:60+09:00",
         "2024-02-29T23:59:60Z");
    REFUSES("date-time", "1998-12-30T23:59:60Z", "1999-01-01T23:59:60Z",
            "1998-12-31T00:59:60+01:00", "1999-01-02T00:59:60+01:00", "2024-02-28T23:59:60Z",
            "1998-12-31T23:59:61Z", "1998-12-31T23:58:60Z", "2016-12-31T24:59:60+01:00");
}

static void dates_and_times(void **state)
{
    (void)state;
    FITS("date-time", "2026-11-21T10:00:00Z", "1985-04-12T23:20:50.52Z",
         "1996-12-19T16:39:57-08:00", "1937-01-01T12:00:27.87+00:20", "2026-11-21t10:00:00z");
    REFUSES("date-time", "", "2026-11-21", "2026-11-21 10:00:00Z", "2026-11-21_10:00:00Z",
            "2026-11-21T10:00:00", "2026-02-30T10:00:00Z", "2026-11-21T25:00:00Z",
            "2026-11-21T10:00:00Zx", "T10:00:00Z", "10:00:00Z", "2026-11-21T",
            "1963-06-19T08:30:06.28123+01:00Z");
}

static void durations(void **state)
{
    (void)state;
    FITS("duration", "P1Y", "P1Y2M", "P1Y2M3D", "P1M2D", "P0D", "P2W", "P01D", "PT1H", "PT1H2M",
         "PT1H2M3S", "PT1M2S", "PT0S", "P1YT1S", "P1DT12H", "P10Y10M10DT10H10M10S");
    REFUSES("duration", "", "P", "PT", "P1", "P1YT", "P1DT", "1Y", "T1H", "P1H", "PT1D", "P2S",
            "P2D1Y", "P1Y1Y", "PT1H1H", "PT1M1H");
    REFUSES("duration", "P1Y2D", "PT1H2S", "P1Y2W", "P1W2D", "P1WT1H", "P0Y1W", "PT1W", "PW",
            "P1D2T3H", "P1W ", "P1WW");
    REFUSES("duration", "P1.5D", "PT0,5S", "-P1D", "+P1D", "P-1D", "P 1D", " P1D", "p1d", "P1d",
            "P\xe0\xa7\xa8Y", "P1e2D");
    assert_fits_long("duration", true, "P", "9", 100000, "D");
}

static void uuids(void **state)
{
    (void)state;
    FITS("uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
         "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff");
    REFUSES("uuid", "", "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
            "2eb8aa08-aa98-11ea-b4aa-73b441d163800", "2eb8aa08aa9811eab4aa73b441d16380",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", "2eb8aa0-8aa98-11ea-b4aa-73b441d16380",
            "{2eb8aa08-aa98-11ea-b4aa-73b441d163}", "2eb8aa08-aa98-11ea-b4aa73b441d16380-",
            "urn:uuid:2eb8aa08-aa98-11ea-b4aa-73b441d16380");
}

static void json_pointers(void **state)
{
    (void)state;
    FITS("json-pointer", "", "/", "//", "/a", "/a/0/-", "/~0~1/~01", "/a b/%25/\"\\",
         "/\xf0\x9f\x98\x8e", "/\x7f\x01", "/~1.1");
    REFUSES("json-pointer", "a", "0", "#", "#/a", "a/b", "/~", "/~2", "/~~0", "/a~/b",
            "/~\xef\xbc\x90");
    assert_true(format_fits("json-pointer", span_make("/a\0b", 4)));
    assert_fits_long("json-pointer", false, "/", "~1", 100000, "~");
}

static void relative_json_pointers(void **state)
{
    (void)state;
    FITS("relative-json-pointer", "0", "1", "120", "0/", "0//a", "2/a/~1", "0#", "10#", "0+1",
         "0-1", "1-2/a", "0-0", "0-1#", "99999999999999999999999/a");
    REFUSES("relative-json-pointer", "", "/a", "#", "-1/a", "+1/a", "01", "01/a", "00", "0##",
            "1#/a", "1a", "0/~", "0+", "0-/a", "0-01", "0++1", "0+1a", "1\n", " 1", "\xd9\xa1/a");
}

static void patterns(void **state)
{
    (void)state;
    FITS("regex", "", "([abc])+\\s+$", "^\\p{L}{1,3}$");
    REFUSES("regex", "^(abc]", "*", "[b-a]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sorted_and_found),
        cmocka_unit_test(every_format_takes_any_text),
        cmocka_unit_test(dates),
        cmocka_unit_test(times),
        cmocka_unit_test(leap_seconds_end_a_day_in_utc),
        cmocka_unit_test(leap_seconds_end_a_month_in_utc),
        cmocka_unit_test(dates_and_times),
        cmocka_unit_test(durations),
        cmocka_unit_test(uuids),
        cmocka_unit_test(json_pointers),
        cmocka_unit_test(relative_json_pointers),
        cmocka_unit_test(patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
