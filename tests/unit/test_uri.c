#include "schema/uri.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void resolves(const char *base, const char *reference, const char *expected)
{
    AUTO_BUF struct buf out = {0};
    uri_resolve(&out, span_of_string(base), span_of_string(reference));
    if (strcmp(buf_string(&out), expected) != 0)
        fail_msg("%s at %s is %s, not %s", reference, base, buf_string(&out), expected);
}

struct example {
    const char *reference, *target;
};

static void check_examples(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        resolves("http://a/b/c/d;p?q", examples[i].reference, examples[i].target);
}

/* RFC 3986, section 5.4.1. */
static void normal_examples(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
    };
    check_examples(examples, COUNT(examples));
}

/* Section 5.4.2. */
static void abnormal_examples(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "http:g"},
    };
    check_examples(examples, COUNT(examples));
}

static void other_bases(void **state)
{
    (void)state;
    resolves("http://a", "g", "http://a/g");
    resolves("http://a?q", "g", "http://a/g");
    resolves("http://a#f", "", "http://a");
    resolves("http://a/b?q#f", "#g", "http://a/b?q#g");
    resolves("http://a/b/", "../../..", "http://a/");
    resolves("http://a/b//c", "../d", "http://a/b/d");
    resolves("http://a/b/c", "d//e/..", "http://a/b/d//");
    resolves("http://a/b", "http://c/../d/./e?f", "http://c/d/e?f");
    resolves("http://a/b", "//c:80/../d", "http://c:80/d");
    resolves("http://a/b", "?", "http://a/b?");
    resolves("http://a/b?c", "#", "http://a/b?c#");
    resolves("urn:example:a", "#b", "urn:example:a#b");
    resolves("urn:example:a", "urn:b", "urn:b");
    resolves("urn:uuid:1", "?q", "urn:uuid:1?q");
    resolves("file:///a/b", "c", "file:///a/c");
    resolves("persistfs:/schema", "users", "persistfs:/users");
    resolves("a+b-c.1:/x/y", "z", "a+b-c.1:/x/z");
}

static void not_schemes(void **state)
{
    (void)state;
    resolves("http://a/b", "1a:c", "http://a/1a:c");
    resolves("http://a/b", "./c:d", "http://a/c:d");
    resolves("http://a/b", ":c", "http://a/:c");
    resolves("http://a/b", "c/d:e", "http://a/c/d:e");
    resolves("http://a/b", "?c:d", "http://a/b?c:d");
}

/* What is deep, or goes up a long way, takes no longer than its length. */
static void long_references(void **state)
{
    (void)state;
    AUTO_BUF struct buf reference = {0};
    AUTO_BUF struct buf out = {0};
    for (unsigned i = 0; i < 200000; i++)
        buf_append_string(&reference, "a/../");
    for (unsigned i = 0; i < 200000; i++)
        buf_append_string(&reference, "b/");
    for (unsigned i = 0; i < 200001; i++)
        buf_append_string(&reference, "../");
    buf_append_string(&reference, "c");
    uri_resolve(&out, span_of_string("http://a/b/d/e"), buf_span(&reference));
    assert_string_equal(buf_string(&out), "http://a/b/c");
}

static void splits(const char *uri, const char *absolute, const char *fragment)
{
    struct span head, tail;
    uri_split(span_of_string(uri), &head, &tail);
    assert_true(span_is(head, absolute));
    assert_true(span_is(tail, fragment ? fragment : ""));
}

static void fragments(void **state)
{
    (void)state;
    splits("http://a#b", "http://a", "b");
    splits("http://a#", "http://a", "");
    splits("http://a", "http://a", NULL);
    splits("#a#b", "", "a#b");
    splits("", "", NULL);
}

static void decodes(const char *text, bool valid, const char *expected)
{
    AUTO_BUF struct buf out = {0};
    assert_int_equal(uri_decode(&out, span_of_string(text)), valid);
    if (valid)
        assert_string_equal(buf_string(&out), expected);
}

static void percent_encoding(void **state)
{
    (void)state;
    decodes("", true, "");
    decodes("a%25b%2fc%2F", true, "a%b/c/");
    decodes("%c3%BC", true, "\xc3\xbc");
    decodes("%", false, NULL);
    decodes("%a", false, NULL);
    decodes("%ag", false, NULL);
    decodes("%ga", false, NULL);
    decodes("a%4", false, NULL);
    decodes("%41", true, "A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_examples),  cmocka_unit_test(abnormal_examples),
        cmocka_unit_test(other_bases),      cmocka_unit_test(not_schemes),
        cmocka_unit_test(long_references),  cmocka_unit_test(fragments),
        cmocka_unit_test(percent_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
