/* Formats: addresses, names of hosts, and mailboxes. */
#include "format_place.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SIXTY "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

static void ipv4_addresses(void **state)
{
    (void)state;
    FITS("ipv4", "127.0.0.1", "0.0.0.0", "255.255.255.255", "1.20.199.249");
    REFUSES("ipv4", "", "256.0.0.1", "1.2.3.256", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04",
            "00.0.0.0", "1.2.3.4 ", " 1.2.3.4", "1..3.4", ".1.2.3.4", "1.2.3.", "1.2.3.4.",
            "0x7f.0.0.1", "127", "2130706433", "1.2.3.4/8", "1.2.3.4:80", "1.2.3.1000", "+1.2.3.4",
            "1.2.3.4\n", "1\xe0\xa7\xa8.0.0.1", "\xef\xbc\x91.2.3.4");
    assert_false(format_fits("ipv4", span_make("1.2.3.4", 8)));
}

static void ipv6_addresses(void **state)
{
    (void)state;
    FITS("ipv6", "::", "::1", "d6::", "1:2:3:4:5:6:7:8", "1:d6::42", "::2:3:4:5:6:7:8",
         "1:2:3:4:5:6:7::", "ABCD:ef01::", "2001:0db8:0000:0000:0000:0000:0000:0001");
    FITS("ipv6", "::ffff:192.168.0.1", "1:2::192.168.0.1", "::1.2.3.4", "::1:2:3:4:5:1.2.3.4",
         "1000:1000:1000:1000:1000:1000:255.255.255.255");
    REFUSES("ipv6", "", ":", ":::", "1", "12345::", "::12345", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1::2::3", ":1::2", "1:2:3:4:5:6:7:", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
            "1:2:3:4:5:::8", "::laptop", "[::1]", "::1 ", " ::1", "::1\n",
            "1:2:3:4:5:6:7:\xe0\xa7\xaa");
    REFUSES("ipv6", "127.0.0.1", "1::1.2.3", "1::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.04",
            "::1.2.3.256", "::.1.2.3", "1.2.3.4::");
    REFUSES("ipv6", "fe80::a%eth1", "fe80::/64");
    assert_fits_long("ipv6", false, "::", "1:", 100000, "1");
}

static void host_names(void **state)
{
    (void)state;
    FITS("hostname", "example.com", "localhost", "a-b.c", "a--b.c", "ab--cd.e", "1.2.3.4", "1host",
         "h0st", "EXAMPLE.Com", SIXTY "abc.x");
    REFUSES("hostname", "", ".", "a..b", ".a", "a.", "-a", "a-", "a-.b", "a.-b", "a_b", "a b",
            "a/b", "a\n", "\xc3\xa9.x", "a\xef\xbc\x8e\x62", "a\xe3\x80\x82\x62", SIXTY "abcd.x");
    assert_false(format_fits("hostname", span_make("a\0b", 3)));
}

static void host_names_are_bounded(void **state)
{
    (void)state;
    assert_fits_long("hostname", true, "", "abcd.", 50, "abc");
    assert_fits_long("hostname", false, "", "abcd.", 50, "abcd");
    assert_fits_long("idn-hostname", true, "", "abcd.", 50, "abc");
    assert_fits_long("idn-hostname", false, "", "abcd.", 50, "abcd");
    /* xn--4ca is 7 in ASCII, and its dot 1. */
    assert_fits_long("idn-hostname", true, "", "\xc3\xa4.", 31, "abcde");
    assert_fits_long("idn-hostname", false, "", "\xc3\xa4.", 31, "abcdef");
    assert_fits_long("idn-hostname", true, "", "\xc3\xa4", 57, "");
    assert_fits_long("idn-hostname", false, "", "\xc3\xa4", 58, "");
    assert_fits_long("idn-hostname", false, "", "\xc3\xa4", 1000000, "");
    assert_fits_long("idn-hostname", false, "", "\xc3\xa4.", 1000000, "");
}

static void a_labels_stand_for_something(void **state)
{
    (void)state;
    FITS("hostname", "xn--4gbwdl.xn--wgbh1c", "xn--ihqwcrb4cv8a8dqg056pqjye", "XN--4GBWDL",
         "xn--9n2bp8q.xn--9t4b11yi5a", "xn--ll-0ea", "xn--wva3je", "xn--4dbc5h", "xn--vek778f");
    /* No punycode, ASCII alone, and not the shortest way to write it. */
    REFUSES("hostname", "xn--", "xn--X", "xn--example-", "xn--99999999", "xn---9uc", "xn--a");
    /* Labels that are disallowed, not composed, or out of their context. */
    REFUSES("hostname", "xn--7a", "xn--07jt112bpxg.xn--9t4b11yi5a", "XN--aa---o47jg78q",
            "xn--hello-txk", "xn--hello-zed", "xn--al-0ea", "xn--l-gda", "xn--S-jib3p", "xn--wva3j",
            "xn--A-2hc5h", "xn--5db1e", "xn--vek", "xn--ngb6iyr", "xn--11b2er09f", "xn--02b508i");
    REFUSES("idn-hostname", "xn--7a", "xn--X", "xn--example-");
}

static void internationalized_host_names(void **state)
{
    (void)state;
    FITS("idn-hostname", "example.com", "ab--cd.e", "xn--4gbwdl.xn--wgbh1c",
         "\xec\x8b\xa4\xeb\xa1\x80.\xed\x85\x8c\xec\x8a\xa4\xed\x8a\xb8",
         "b\xc3\xbc\x63her.example", "\xc3\x9f\xcf\x82\xe0\xbc\x8b\xe3\x80\x87");
    REFUSES("idn-hostname", "", "-a", "a-", "a_b", "a b", "-> $1.00 <--", "\xc3\xa4_b",
            "\xc3\xa4 b", "-\xc3\xa4", "\xc3\xa4-", "ab--\xc3\xa4");
    /* A mark at the beginning, a symbol, a tone mark, unassigned. */
    REFUSES("idn-hostname", "\xcc\x80hello", "\xe2\x98\x83", "\xec\x8b\xa4\xe3\x80\xae\xeb\xa1\x80",
            "\xcd\xb8");
    assert_false(format_fits("idn-hostname", span_make("\xc3\xa4\0b", 4)));
}

static void names_are_mapped_first(void **state)
{
    (void)state;
    /* Upper case, a decomposed letter, wide letters and digits, and what is ignored. */
    FITS("idn-hostname", "B\xc3\x9c\x63her", "cafe\xcc\x81", "\xef\xbd\x81.\xef\xbc\x91",
         "a\xe2\x80\x8b\x62", "\xef\xbd\x98\xef\xbd\x8e--nxasmq6b");
    REFUSES("idn-hostname", "\xe2\x80\x8b", "a.\xe2\x80\x8b", "\xef\xbc\x8d\x61",
            "a\xef\xbc\xbf\x62", "\xef\xbd\x98n--X");
    assert_fits_long("idn-hostname", true, "", "\xef\xbd\x81", 63, "");
    assert_fits_long("idn-hostname", false, "", "\xef\xbd\x81", 64, "");
    assert_fits_long("idn-hostname", false, "a", "\xe2\x80\x8b", 100000, "a");
}

static void dots_of_other_scripts(void **state)
{
    (void)state;
    FITS("idn-hostname", "a\xe3\x80\x82\x62", "a\xef\xbc\x8e\x62", "a\xef\xbd\xa1\x62",
         "\xc3\xa4\xe3\x80\x82\xc3\xa4.c");
    REFUSES("idn-hostname", ".", "\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1", "a\xe3\x80\x82",
            "\xef\xbc\x8e\x61", "a.\xef\xbd\xa1\x62", "a.");
}

static void characters_need_their_context(void **state)
{
    (void)state;
    FITS("idn-hostname", "l\xc2\xb7l", "\xce\xb1\xcd\xb5\xce\xb2", "\xd7\x90\xd7\xb3\xd7\x91",
         "\xd7\x90\xd7\xb4\xd7\x91", "\xe3\x83\xbb\xe3\x81\x81", "\xe3\x83\xbb\xe4\xb8\x88");
    REFUSES("idn-hostname", "a\xc2\xb7l", "l\xc2\xb7", "\xce\xb1\xcd\xb5S", "\xce\xb1\xcd\xb5",
            "A\xd7\xb3\xd7\x91", "\xd7\xb4\xd7\x91", "def\xe3\x83\xbb\x61\x62\x63", "\xe3\x83\xbb");
    FITS("idn-hostname", "\xd8\xa8\xd9\xa0\xd8\xa8", "\xdb\xb0\x30",
         "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7",
         "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8c\xe0\xa4\xb7",
         "\xd8\xa8\xd9\x8a\xe2\x80\x8c\xd8\xa8\xd9\x8a");
    REFUSES("idn-hostname", "\xd8\xa8\xd9\xa0\xdb\xb0", "\xe0\xa4\x95\xe2\x80\x8d\xe0\xa4\xb7",
            "\xe2\x80\x8d\xe0\xa4\xb7",
            "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8c\xe0\xa4\xb7\x61\xe2\x80\x8c\x62");
}

static void directions_do_not_mix(void **state)
{
    (void)state;
    FITS("idn-hostname", "\xd7\x90", "\xd7\x90\x30", "\xd7\x90.a", "a0.\xd7\x90", "0a.\xc3\xa4",
         "\xd7\x90-\xd7\x91");
    REFUSES("idn-hostname", "a\xd7\x90", "\xd7\x90\x61", "0\xd8\xa7", "0a.\xd7\x90", "\xd7\x90.0a",
            "\xd7\x90\x30\xd9\xa0", "\xd9\xa0", "\xd7\x90.\xe3\x83\xbb\xe3\x81\x81",
            "\xd8\xa7-\xd9\x8b");
    FITS("hostname", "xn--4db", "a.xn--4db", "0a.xn--4ca");
    REFUSES("hostname", "0a.xn--4db", "xn--4db.0a", "xn--0ca24w");
    REFUSES("idn-hostname", "0a.xn--4db");
}

static void mailboxes(void **state)
{
    (void)state;
    FITS("email", "a@b.c", "joe.bloggs@example.com", "te~st@example.com", "a+tag@localhost",
         "!#$%&'*+-/=?^_`{|}~@x.org", "test@c--n.com", "test@255.255.255.255", "xn--x@x.org",
         "1@2");
    REFUSES("email", "", "@", "nobody", "@example.com", "a@", ".a@b.c", "a.@b.c", "a..b@c.d",
            "a b@c.d", "a@b@c.d", "a,b@c.d", "a:b@c.d", "a;b@c.d", "a(c)@b.d", "a@b(c).d",
            "<a@b.c>", "\"A\" <a@b.c>", "a@b.c, d@e.f", "a\\@b@c.d");
    REFUSES("email", "a@-b.c", "a@b-.c", "a@b..c", "a@.b", "a@b.c.", "a@b_c", "a@b=c.d", "a@b.c\n",
            " a@b.c", "a@b.c ", "a\tb@c.d", "\x7f@c.d", "\xc3\xa9@c.d", "a@\xc3\xa9.d",
            "a\xef\xbc\xa0\x62.c");
    assert_false(format_fits("email", span_make("a\0b@c.d", 7)));
}

static void quoted_local_parts(void **state)
{
    (void)state;
    FITS("email", "\"\"@x.org", "\" \"@x.org", "\"a@b\"@x.org", "\"a..b\"@x.org", "\"\\\"\"@x.org",
         "\"\\\\\"@x.org", "\"\\a\\ \"@x.org");
    REFUSES("email", "\"@x.org", "\"a@x.org", "\"a\"b@x.org", "a\"b\"@x.org", "\"a\".b@x.org",
            "\"\"\"@x.org", "\"\\\"@x.org", "\"a\\", "\"a\n\"@x.org", "\"\x7f\"@x.org",
            "\"\xc3\xa9\"@x.org", "\"\\\xc2\xa9\"@x.org");
    assert_false(format_fits("email", span_make("\"a\0\"@x.org", 10)));
}

static void address_literals(void **state)
{
    (void)state;
    FITS("email", "a@[127.0.0.1]", "a@[01.002.0.255]", "a@[IPv6:::1]", "a@[ipv6:::]",
         "a@[IPv6:1:2:3:4:5:6:7:8]", "a@[IPv6:1:2:3:4:5:6:1.2.3.4]", "a@[IPv6:::3:4:5:6:7:8]");
    REFUSES("email", "a@[]", "a@[", "a@", "a@]", "a@[300.0.0.1]", "a@[1.2.3]", "a@[1.2.3.4.5]",
            "a@[0001.2.3.4]", "a@[127.0.0.1", "a@127.0.0.1]", "a@[127.0.0.1]x", "a@b[127.0.0.1]",
            "a@[ 1.2.3.4]", "a@[1:2:3:4:5:6:7:8]", "a@[IPv6:1]", "a@[IPv6:1:2:3:4:5:6:7::]",
            "a@[IPv6:::1.2.3.04x]", "a@[RFC-5322-domain-literal]", "a@[extn:test]");
    FITS("idn-email", "\xc3\xa9@[192.0.2.1]", "\xc3\xa9@[IPv6:2001:db8::1]");
    REFUSES("idn-email", "a@[192.0.2.300]", "a@[\xc3\xa9]");
}

static void mailboxes_are_bounded(void **state)
{
    (void)state;
    assert_fits_long("email", true, "", "a", 64, "@b.c");
    assert_fits_long("email", false, "", "a", 65, "@b.c");
    assert_fits_long("email", true, "\"", "a", 62, "\"@b.c");
    assert_fits_long("email", false, "\"", "a", 63, "\"@b.c");
    assert_fits_long("email", true, "a@", "abcd.", 50, "abcde");
    assert_fits_long("email", false, "a@", "abcd.", 50, "abcdef");
    assert_fits_long("email", false, "", "a", 1000000, "");
    assert_fits_long("email", false, "a@", "a.", 1000000, "a");
    assert_fits_long("email", false, "a@[", "1.", 1000000, "]");
    assert_fits_long("idn-email", true, "", "\xc3\xa9", 32, "@b.c");
    assert_fits_long("idn-email", false, "", "\xc3\xa9", 33, "@b.c");
}

static void internationalized_mailboxes(void **state)
{
    (void)state;
    FITS("idn-email", "a@b.c", "\xec\x8b\xa4@\xec\x8b\xa4.\xed\x85\x8c", "\xc3\xa9@c.d",
         "\"\xc3\xa9\"@c.d", "a.\xf0\x9d\x95\x8f@c.d", "cafe\xcc\x81@c.d", "\xc2\x85@c.d",
         "\xef\xbf\xbf@c.d", "a@xn--4ca.d", "a@cafe\xcc\x81.d", "a@\xc3\x84\xe3\x80\x82\x62");
    REFUSES("idn-email", "", "2962", "@c.d", "a@", "\xc3\xa9..a@c.d", "\xc3\xa9 a@c.d", "a@-b.c",
            "a@b_c", "a@0b.\xd7\x90", "a@xn--X", "a@b.", "\"\\\xc3\xa9\"@c.d",
            "user\xef\xbc\xa0x.d", "a@b@\xc3\xa4.d", "a@\xc3\xa4 .d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_addresses),
        cmocka_unit_test(ipv6_addresses),
        cmocka_unit_test(host_names),
        cmocka_unit_test(host_names_are_bounded),
        cmocka_unit_test(a_labels_stand_for_something),
        cmocka_unit_test(internationalized_host_names),
        cmocka_unit_test(names_are_mapped_first),
        cmocka_unit_test(dots_of_other_scripts),
        cmocka_unit_test(characters_need_their_context),
        cmocka_unit_test(directions_do_not_mix),
        cmocka_unit_test(mailboxes),
        cmocka_unit_test(quoted_local_parts),
        cmocka_unit_test(address_literals),
        cmocka_unit_test(mailboxes_are_bounded),
        cmocka_unit_test(internationalized_mailboxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
