/* Formats. */
#include "schema_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct format_rows {
    const char *format;
    const char *good[24];
    const char *bad[32];
};

static const struct format_rows formats[] = {
    {"date",
     {"2026-11-21", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"},
     {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00",
      "26-11-21", "2026-1-1", "2026/11/21", "2026-11-21 ", " 2026-11-21", "2026-11-21T", "",
      "20261121", "2026-W01", "١٩٦٣-06-19"}},
    {"time",
     {"10:00:00Z", "10:00:00z", "23:59:60Z", "15:59:60-08:00", "01:29:60+01:30",
      "00:00:00.000001+23:59", "12:34:56-00:00", "00:29:60-23:30"},
     {"10:00:00", "24:00:00Z", "10:60:00Z", "10:00:61Z", "10:00:60Z", "23:59:60+01:00",
      "10:00:00.Z", "10:00:00+24:00", "10:00:00+00:60", "10:00:00+0100", "10:00:00Z ", "1:00:00Z",
      "10:00Z", "10:00:00,5Z", "10:00:00#00:00", ""}},
    {"date-time",
     {"2026-11-21T10:00:00Z", "1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-08:00",
      "1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "1937-01-01T12:00:27.87+00:20",
      "2026-11-21t10:00:00z"},
     {"2026-11-21", "2026-11-21 10:00:00Z", "2026-11-21T10:00:00", "2026-02-30T10:00:00Z",
      "2026-11-21T25:00:00Z", "2026-11-21T10:00:00Zx", "T10:00:00Z"}},
    {"email",
     {"a@b.c", "joe.bloggs@example.com", "te~st@example.com", "\\\"joe bloggs\\\"@example.com",
      "\\\"a@b\\\"@example.com", "\\\"\\\\\\\"\\\"@x.org", "joe@[127.0.0.1]", "joe@[IPv6:::1]",
      "a+tag@localhost"},
     {"not-an-email",
      "@example.com",
      "a@",
      "",
      ".a@b.c",
      "a.@b.c",
      "a..b@c.d",
      "a b@c.d",
      "a@b@c.d",
      "a@-b.c",
      "a@b..c",
      "a@b.c.",
      "a@[300.0.0.1]",
      "a@[::1]",
      "a@[127.0.0.1",
      "\\\"a\\\"b@c.d",
      "\\\"a@c.d",
      "\\\"a\\\\\\\"@c.d",
      "é@c.d",
      "a@é.d",
      "a@b=c.d",
      "a@b.c\\n",
      "a\\u0000@b.c",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.c"}},
    {"uuid",
     {"2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
      "00000000-0000-0000-0000-000000000000"},
     {"2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-b4aa-73b441d163800",
      "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g",
      "2eb8aa0-8aa98-11ea-b4aa-73b441d16380", ""}},
    {"ipv4",
     {"127.0.0.1", "0.0.0.0", "255.255.255.255"},
     {"256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "00.0.0.0", "1.2.3.4 ", "1..3.4", "1.2.3.",
      "0x7f.0.0.1", "127", "", "1.2.3.4/8", "1.2.3.1000"}},
    {"ipv6",
     {"::", "::1", "d6::", "1:2:3:4:5:6:7:8", "1:d6::42", "::ffff:192.168.0.1", "1:2::192.168.0.1",
      "1000:1000:1000:1000:1000:1000:255.255.255.255", "1:2:3:4:5:6:7::", "ABCD:ef01::"},
     {"", ":", ":::", "1", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1::2",
      "1:2:3:4:5:6:7:", "::laptop", "127.0.0.1", "1::1.2.3", "1::1.2.3.4:5", "fe80::a%eth1",
      "fe80::/64", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8::", "::1 "}},
    {"hostname",
     {"example.com", "localhost", "a-b.c", "1.2.3.4", "xn--4gbwdl.xn--wgbh1c",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.x"},
     {"", ".", "a..b", ".a", "a.", "-a", "a-", "a-.b", "a.-b", "a_b", "a b", "é.x",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.x"}},
    {"uri",
     {"http://foo.bar/?baz=qux#quux", "ldap://[2001:db8::7]/c=GB?objectClass?one",
      "mailto:John.Doe@example.com", "tel:+1-816-555-1212", "urn:isbn:1", "file:///etc/fstab",
      "http://u:p%40@h:80/a//b;c=d", "x:", "http://[v1.fe:1]/", "http://h:", "http://user@/"},
     {"",
      "abc",
      "/abc",
      "//foo.bar/",
      "http:// x",
      "1http://x",
      "ht_tp://x",
      ":x",
      "http://a b",
      "http://a/%6G",
      "http://a/%",
      "http://a/%4",
      "http://a:x/",
      "http://a:8:0/",
      "http://[::1",
      "http://[::g]/",
      "http://[::1]x/",
      "http://[@x/",
      "http://a/<>",
      "http://a/{}",
      "http://a/é",
      "http://a/^",
      "http://a/#a#b",
      "http://a/\\u0000",
      "a\\\\b:c",
      "http://a/[x]"}},
};

static void check_format_rows(const struct format_rows *rows)
{
    char schema[64], value[256];
    snprintf(schema, sizeof(schema), "{\"format\":\"%s\"}", rows->format);
    for (size_t i = 0; i < COUNT(rows->good) && rows->good[i]; i++) {
        snprintf(value, sizeof(value), "\"%s\"", rows->good[i]);
        accepts(schema, value);
    }
    for (size_t i = 0; i < COUNT(rows->bad) && rows->bad[i]; i++) {
        snprintf(value, sizeof(value), "\"%s\"", rows->bad[i]);
        refuses(schema, value);
    }
    accepts(schema, "12");
    accepts(schema, "[\"x\"]");
}

static void format_assertions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(formats); i++)
        check_format_rows(&formats[i]);
    assert_fault("{\"properties\":{\"e\":{\"format\":\"email\"}}}", "{\"e\":\"nope\"}", "/e",
                 "format", "\"nope\" is not an email address");
    assert_refused("{\"properties\":{\"e\":{\"format\":\"datetime\"}}}", "/properties/e/format",
                   "format", "the format \"datetime\" is unknown; did you mean \"date-time\"?");
    assert_valid("{\"properties\":{\"e\":{\"format\":\"phone\"}}}", "{\"e\":\"nope\"}");
    assert_refused("{\"format\":5}", "/format", "format", "\"format\" takes a string, not 5");
}

static void long_host_names(void **state)
{
    (void)state;
    char name[300] = "\"";
    while (strlen(name) < 1 + 250)
        strcat(name, "abcd.");
    strcat(name, "abc\"");
    accepts("{\"format\":\"hostname\"}", name); /* 253 */
    strcpy(name + 251, "abcd\"");
    refuses("{\"format\":\"hostname\"}", name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_assertions),
        cmocka_unit_test(long_host_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
