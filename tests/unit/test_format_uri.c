/* Formats: URIs, IRIs, and templates of them. */
#include "format_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void parts_of_uris(void **state)
{
    (void)state;
    FITS("uri", "http://foo.bar/?baz=qux#quux", "mailto:John.Doe@example.com",
         "tel:+1-816-555-1212", "urn:isbn:1", "file:///etc/fstab",
         "http://u:p%40@h:80/a//b;c=d?e/f?g#h/i?j", "data:text/plain;base64,SGVsbG8=", "http:/",
         "http:a/b", "x:", "x:?", "x:#", "x:?#", "http://", "http://?a", "http://#a", "this:that");
    REFUSES("uri", "", "abc", "/abc", "//foo.bar/", ":x", "http", "?a", "#a",
            "2024-03-15T12:00:00Z");
    assert_fits_long("uri", true, "http://example.com/?", "a", 1000000, "");
}

static void schemes(void **state)
{
    (void)state;
    FITS("uri", "a:", "HTTP:", "a0+-.b:");
    REFUSES("uri", "1http:", "+a:", "-a:", ".a:", "ht_tp:", "ht tp:", "ht~tp:", "ht/tp:", "ht%74p:",
            "bar,baz:foo", "\xc3\xa9:a");
    REFUSES("iri", "\xc3\xa9:a");
}

static void authorities(void **state)
{
    (void)state;
    FITS("uri", "http://a", "http://u@", "http://@a", "http://u:p:q@a",
         "http://-.~_!$&'()*+,;=:%40@a", "http://a:", "http://a:0", "http://:80",
         "http://a:999999999/", "http://a.:080?", "http://a_b~c", "http://087.10.0.1/",
         "http://999.999.999.999", "http://u/s@a", "http://u?s@a", "http://8:8@a", "http://a:8/0");
    REFUSES("uri", "http://a:x", "http://a:8:0", "http://a::", "http://a:+80", "http://a:%38",
            "http://a:8 ", "http://u@p@a", "http://u@v:x", "http://us er@a", "http://us^er@a",
            "http://%2@a", "http://%@a", "http://%6G.com", "http://a%4", "http://\xc3\xa9",
            "http://a:\xd9\xa4", "http://2001:db8::1");
}

static void addresses_in_brackets(void **state)
{
    (void)state;
    FITS("uri", "ldap://[2001:db8::7]/c=GB?objectClass?one", "http://[::]", "http://u@[::1]:80/",
         "http://[::ffff:1.2.3.4]", "http://[1:2:3:4:5:6:7::]", "http://[v1.fe:1]",
         "http://[VaF.a+b]");
    REFUSES("uri", "http://[", "http://[]", "http://[::1", "http://::1]", "http://[::g]/",
            "http://[::1]x/", "http://[@x/", "http://a[::1]", "http://[::1]:x", "http://[[::1]]",
            "http://[127.0.0.1]", "http://[::1.2.3.04]", "http://[fe80::1%25eth0]",
            "http://[::1]@a", "http://[v.a]", "http://[v1]", "http://[v1.]", "http://[vG.a]",
            "http://[v1.%41]", "http://[v1.a/b]");
    REFUSES("iri", "http://[v1.\xc3\xa9]");
    FITS("iri-reference", "//[V1.fe]/p");
}

static void bytes_in_uris(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 128; byte++) {
        char text[16];
        size_t size = (size_t)snprintf(text, sizeof(text), "x://h/a_b");
        text[size - 2] = (char)byte;
        bool fits = byte && !memchr("\"%<>[\\]^`{|}", (int)byte, 12) && byte > ' ' && byte < 0x7f;
        assert_int_equal(format_fits("uri", span_make(text, size)), fits);
        text[size] = '#';
        assert_int_equal(format_fits("uri", span_make(text, size + 1)), fits && byte != '#');
    }
}

static void percent_encoding(void **state)
{
    (void)state;
    FITS("uri", "x:%00%fF%25", "x:?%20", "x:#%20");
    REFUSES("uri", "x:%", "x:%4", "x:%6G", "x:%G6", "x:?%", "x:?%2", "x:#%G0", "x:%/0", "x:%%20");
    assert_false(format_fits("uri", span_make("x:%4", 4)));
}

static void references(void **state)
{
    (void)state;
    FITS("uri-reference", "", "a", "/a", "//a/b", "//", "?", "#", "?a#b", "#a", "a/b:c", "./a:b",
         "/:a", "?a:b", "#a:b", "a:b", ".", "..", "///", "a;b=c/d@e");
    REFUSES("uri-reference", ":a", "1:b", "a_b:c", "%41:b", "\\\\a\\b", "#a\\b", "#a#b", "/[::1]",
            "/%zz", "/a\"b", "//a:x", "//a@b@c/", "//[::1.2.3.04]/p", "/p\n", "\xc3\xa9", " ");
    FITS("iri-reference", "", "\xc3\xa2\xcf\x80", "/\xc3\xa2", "//\xc6\x92/?\xe2\x88\x82#\xcf\x80",
         "#\xc3\xa4");
    REFUSES("iri-reference", "\xc3\xa4:a", "#\xc3\xa4\\", "\\\\\xc3\xab");
}

static void characters_in_iris(void **state)
{
    (void)state;
    /* The first and the last of the ranges of ucschar. */
    FITS("iri", "x:\xc2\xa0\xed\x9f\xbf", "x:\xef\xa4\x80\xef\xb7\x8f",
         "x:\xef\xb7\xb0\xef\xbf\xaf", "x:\xf0\x90\x80\x80\xf0\x9f\xbf\xbd",
         "x:\xf3\xa1\x80\x80\xf3\xaf\xbf\xbd");
    REFUSES("iri", "x:\xc2\x80", "x:\xc2\x9f", "x:\xef\xb7\x90", "x:\xef\xbf\xb0", "x:\xef\xbf\xbd",
            "x:\xef\xbf\xbf", "x:\xf0\x9f\xbf\xbe", "x:\xf3\xa0\x80\x81");
    FITS("iri", "x://\xc3\xa9@\xc3\xa9/\xc3\xa9?\xc3\xa9#\xc3\xa9", "http://[::1]/\xc3\xa9");
    REFUSES("iri", "", "\xc3\xa9", "/a", "http://2001:db8::1", "x://a:\xd9\xa4", "x:\xc3\xa9 ");
    /* Private ones are for queries alone. */
    FITS("iri", "x:?\xee\x80\x80", "x:?\xef\xa3\xbf", "x:?\xf3\xb0\x80\x80", "x:?\xf4\x8f\xbf\xbd");
    REFUSES("iri", "x:\xee\x80\x80", "x:#\xee\x80\x80", "x://\xee\x80\x80", "x:?\xf4\x8f\xbf\xbe");
    /* What only changes the direction is not seen. */
    REFUSES("iri", "x:\xe2\x80\x8e", "x:?\xe2\x80\x8f", "x:#\xe2\x80\xaa", "x://\xe2\x80\xae");
    FITS("iri", "x:\xe2\x80\x8d\xe2\x80\xaf");
}

static void templates(void **state)
{
    (void)state;
    FITS("uri-template", "", "http://example.com/dictionary/{term:1}/{term}", "a'b", "a%41b",
         "\xf0\x9f\x98\x80", "\xee\x80\x80", "\xf3\xb0\x80\x80", "\xe2\x80\x8e", "{a}{b}", "[#]{a}",
         "#/?&=;:@!$()*+,~_-.");
    REFUSES("uri-template", "{", "}", "{}", "a}b", "{a", "{a}}", "{{a}}", "a b", "a\"b", "a<b",
            "a>b", "a\\b", "a^b", "a`b", "a|b", "a%", "a%4", "a%GG", "a\x7f", "a\n", "\xc2\x80");
    assert_fits_long("uri-template", true, "", "{a}", 100000, "");
    assert_fits_long("uri-template", false, "", "{a,", 100000, "");
}

static void template_expressions(void **state)
{
    (void)state;
    FITS("uri-template", "{+a}", "{#a}", "{.a}", "{/a}", "{;a}", "{?a}", "{&a}", "{=a}", "{,a}",
         "{!a}", "{@a}", "{|a}", "{a,b}", "{a.b}", "{%41}", "{_1}", "{a*}", "{a:1}", "{a:9999}",
         "{?a:3,b*,c}");
    REFUSES("uri-template", "{+}", "{a,}", "{,}", "{a,,b}", "{a..b}", "{.}", "{a.}", "{..a}", "{%}",
            "{%4}", "{%GG}", "{a-b}", "{a b}", "{a:}", "{a:0}", "{a:01}", "{a:10000}", "{a:-1}",
            "{a**}", "{a*:1}", "{a:1*}", "{a=b}", "{,+a}", "{++a}", "{$a}", "{\xc3\xa9}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_uris), cmocka_unit_test(schemes),
        cmocka_unit_test(authorities),   cmocka_unit_test(addresses_in_brackets),
        cmocka_unit_test(bytes_in_uris), cmocka_unit_test(percent_encoding),
        cmocka_unit_test(references),    cmocka_unit_test(characters_in_iris),
        cmocka_unit_test(templates),     cmocka_unit_test(template_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
