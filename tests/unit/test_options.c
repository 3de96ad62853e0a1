/* The command line of a mount: every option, and what is wrong with the others. */
#include "fs/options.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ARGS_MAX 16

struct parsed {
    struct options options;
    enum options_outcome outcome;
    struct problem problem;
    int result;
};

/* Parses `program` and the words of `line`, which a vertical bar parts. */
static void parse_as(struct parsed *parsed, const char *program, const char *line)
{
    char words[500];
    char *argv[ARGS_MAX + 1] = {(char *)(uintptr_t)program};
    int argc = 1;
    assert_true(snprintf(words, sizeof(words), "%s", line) < (int)sizeof(words));
    for (char *at = words; at; argc++) {
        assert_true(argc < ARGS_MAX);
        argv[argc] = at;
        at = strchr(at, '|');
        if (at)
            *at++ = 0;
    }
    problem_init(&parsed->problem);
    parsed->result =
        options_parse(argc, argv, &parsed->options, &parsed->outcome, &parsed->problem);
    parsed->options.store = parsed->options.store ? "set" : NULL; /* they point into `words` */
    parsed->options.mountpoint = parsed->options.mountpoint ? "set" : NULL;
    assert_int_equal(parsed->problem.code, parsed->result);
}

static void parsed_finish(struct parsed *parsed)
{
    options_finish(&parsed->options);
    problem_finish(&parsed->problem);
}

#define AUTO_PARSED CLEANUP(parsed_finish)

static void accept(struct parsed *parsed, const char *line)
{
    parse_as(parsed, "persistfs", line);
    if (parsed->result < 0)
        fail_msg("%s: %s", line, buf_string(&parsed->problem.detail));
}

static void assert_refused(const char *line, const char *says)
{
    AUTO_PARSED struct parsed parsed;
    parse_as(&parsed, "persistfs", line);
    assert_int_equal(parsed.result, -ERR_INVALID);
    if (!strstr(buf_string(&parsed.problem.detail), says))
        fail_msg("%s: expected \"%s\" in: %s", line, says, buf_string(&parsed.problem.detail));
}

static void plain(void **state)
{
    (void)state;
    AUTO_PARSED struct parsed parsed;
    char *argv[] = {"persistfs", "/store", "/mnt", NULL};
    problem_init(&parsed.problem);
    assert_int_equal(options_parse(3, argv, &parsed.options, &parsed.outcome, &parsed.problem), 0);
    const struct options *options = &parsed.options;
    assert_int_equal(parsed.outcome, OPTIONS_MOUNT);
    assert_string_equal(options->store, "/store");
    assert_string_equal(options->mountpoint, "/mnt");
    assert_null(options->schema);
    assert_false(options->foreground || options->debug || options->read_only || options->replace ||
                 options->allow_other);
    assert_int_equal(options->model.max_entity, 1 << 20);
    assert_int_equal(options->files_max, 1 << 30);
    assert_int_equal(options->model.lease, 60 * (int64_t)CLOCK_SECOND);
    assert_int_equal(options->model.attempts, 5);
    assert_int_equal(options->model.dispatched_kept, 10000);
    assert_int_equal(options->fuse.size, 0);
}

static void flags(void **state)
{
    (void)state;
    static const char *const lines[] = {"-f|s|m", "s|-f|m", "s|m|-f"};
    for (size_t i = 0; i < 3; i++) {
        AUTO_PARSED struct parsed parsed;
        accept(&parsed, lines[i]);
        assert_true(parsed.options.foreground && !parsed.options.debug);
    }
    AUTO_PARSED struct parsed debug;
    accept(&debug, "s|m|-d");
    assert_true(debug.options.foreground && debug.options.debug);
}

static void help_and_version(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum options_outcome outcome;
    } cases[] = {{"-h", OPTIONS_HELP},
                 {"--help", OPTIONS_HELP},
                 {"s|m|--help", OPTIONS_HELP},
                 {"-V", OPTIONS_VERSION},
                 {"--version", OPTIONS_VERSION}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_PARSED struct parsed parsed;
        accept(&parsed, cases[i].line);
        assert_int_equal(parsed.outcome, cases[i].outcome);
    }
    assert_non_null(strstr(options_usage, "usage: persistfs STORE MOUNTPOINT"));
}

static void operands(void **state)
{
    (void)state;
    assert_refused("-f", "the store is missing");
    assert_refused("s", "the mount point is missing");
    assert_refused("s|m|extra", "extra");
    assert_refused("-x|s|m", "-x");
    assert_refused("--foreground|s|m", "--foreground");
    assert_refused("s|m|-o", "-o");
    AUTO_PARSED struct parsed parsed;
    accept(&parsed, "--|-store|-f");
    assert_non_null(parsed.options.mountpoint);
    assert_false(parsed.options.foreground);
}

static void switches(void **state)
{
    (void)state;
    AUTO_PARSED struct parsed parsed;
    accept(&parsed, "s|m|-o|ro,replace,allow_other");
    assert_true(parsed.options.read_only && parsed.options.replace && parsed.options.allow_other);
    assert_string_equal(buf_string(&parsed.options.fuse), ",ro,allow_other");
    AUTO_PARSED struct parsed debug;
    accept(&debug, "s|m|-odebug");
    assert_true(debug.options.debug && debug.options.foreground);
}

/* All of fstab(5) that is so anyway, or is for other programs. */
static void ignored(void **state)
{
    (void)state;
    AUTO_PARSED struct parsed parsed;
    accept(&parsed, "s|m|-o|rw,suid,dev,nosuid,nodev,default_permissions,auto,noauto,user,nouser,"
                    "users,owner,group,defaults,nofail,_netdev,exec,async,relatime,x-systemd."
                    "automount,x-gvfs-hide,comment=of mine,,");
    assert_int_equal(parsed.options.fuse.size, 0);
    assert_false(parsed.options.read_only);
}

static void passed_on(void **state)
{
    (void)state;
    AUTO_PARSED struct parsed parsed;
    accept(&parsed, "s|m|-o|noexec,noatime|-o|nodiratime,sync,dirsync");
    assert_string_equal(buf_string(&parsed.options.fuse),
                        ",noexec,noatime,nodiratime,sync,dirsync");
}

static void unknown(void **state)
{
    (void)state;
    assert_refused("s|m|-o|frobnicate", "unknown option: frobnicate");
    assert_refused("s|m|-o|ro,frobnicate=1,rw", "unknown option: frobnicate=1");
    assert_refused("s|m|-oRO", "unknown option: RO");
    assert_refused("s|m|-o|max_entit=1", "max_entit=1");
    assert_refused("s|m|-o|max_entityy=1", "max_entityy=1");
    assert_refused("s|m|-o|ro=1", "ro=1");
    assert_refused("s|m|-o|ro=", "ro=");
    assert_refused("s|m|-o|max_entity", "needs a value");
    assert_refused("s|m|-o|=1", "unknown option: =1");
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } good[] = {{"1", 1},
                {"1000", 1000},
                {"4K", 4096},
                {"3M", 3 << 20},
                {"1G", (size_t)1 << 30},
                {"1024M", (size_t)1 << 30},
                {"0007", 7},
                {"4k", 4096},
                {"3m", 3 << 20},
                {"1g", (size_t)1 << 30},
                {"1073741824", (size_t)1 << 30}};
    static const char *const bad[] = {"",
                                      "0",
                                      "0K",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1KB",
                                      "K",
                                      "2G",
                                      "1T",
                                      "0x10",
                                      "1.5",
                                      "1025M",
                                      "1073741825",
                                      "18446744073709551617",
                                      "99999999999999999999999G"};
    char line[100];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        AUTO_PARSED struct parsed parsed;
        snprintf(line, sizeof(line), "s|m|-o|max_entity=%s", good[i].text);
        accept(&parsed, line);
        assert_int_equal(parsed.options.model.max_entity, good[i].size);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(line, sizeof(line), "s|m|-o|max_entity=%s", bad[i]);
        assert_refused(line, "max_entity");
    }
}

static void numbers(void **state)
{
    (void)state;
    AUTO_PARSED struct parsed parsed;
    accept(&parsed, "s|m|-o|lease=31536000,attempts=1,dispatched=1000000000");
    assert_int_equal(parsed.options.model.lease, 31536000 * (int64_t)CLOCK_SECOND);
    assert_int_equal(parsed.options.model.attempts, 1);
    assert_int_equal(parsed.options.model.dispatched_kept, 1000000000);
    assert_refused("s|m|-o|lease=31536001", "lease");
    assert_refused("s|m|-o|lease=0", "lease");
    assert_refused("s|m|-o|lease=1K", "\"1K\"");
    assert_refused("s|m|-o|attempts=0", "attempts");
    assert_refused("s|m|-o|attempts=1000001", "attempts");
    assert_refused("s|m|-o|attempts=one", "\"one\"");
    assert_refused("s|m|-o|dispatched=1000000001", "dispatched");
}

static void the_last_one_counts(void **state)
{
    (void)state;
    AUTO_PARSED struct parsed parsed;
    accept(&parsed, "s|m|-o|max_entity=1K,schema=a|-o|max_entity=2K,schema=b");
    assert_int_equal(parsed.options.model.max_entity, 2048);
    assert_string_equal(parsed.options.schema, "b");
}

static void schema_folder(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *schema;
    } cases[] = {{"s|m|-o|schema=/etc/schemas", "/etc/schemas"},
                 {"s|m|-oschema=a=b", "a=b"},
                 {"s|m|-o|ro,schema=a\\,b,replace", "a,b"},
                 {"s|m|-o|schema=a\\\\b", "a\\b"},
                 {"s|m|-o|schema=a\\", "a\\"},
                 {"s|m|-o|schema=\\,", ","}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_PARSED struct parsed parsed;
        accept(&parsed, cases[i].line);
        assert_string_equal(parsed.options.schema, cases[i].schema);
    }
    assert_refused("s|m|-o|schema=", "schema");
    assert_refused("s|m|-o|schema=a,schema=", "schema");
}

/* As mount(8) calls its helpers: mount.fuse.persistfs SOURCE TARGET [-nsv] -o OPTIONS [-t TYPE] */
static void mount_helper(void **state)
{
    (void)state;
    static const char *const programs[] = {"mount.fuse.persistfs",
                                           "/usr/sbin/mount.fuse.persistfs"};
    for (size_t i = 0; i < 2; i++) {
        AUTO_PARSED struct parsed parsed;
        parse_as(&parsed, programs[i], "s|m|-n|-s|-v|-o|rw,noatime|-t|fuse.persistfs");
        assert_int_equal(parsed.result, 0);
        assert_false(parsed.options.foreground);
        assert_string_equal(buf_string(&parsed.options.fuse), ",noatime");
    }
    assert_refused("s|m|-n", "-n");
    assert_refused("s|m|-t|fuse", "-t");
    AUTO_PARSED struct parsed parsed;
    parse_as(&parsed, "mount.fuse.persistfs", "s|m|-x");
    assert_int_equal(parsed.result, -ERR_INVALID);
    AUTO_PARSED struct parsed fake; /* mount -f: everything but the mount */
    parse_as(&fake, "mount.fuse.persistfs", "s|m|-f|-o|rw");
    assert_int_equal(fake.result, 0);
    assert_int_equal(fake.outcome, OPTIONS_FAKE);
    assert_false(fake.options.foreground);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(flags),
        cmocka_unit_test(help_and_version),
        cmocka_unit_test(operands),
        cmocka_unit_test(switches),
        cmocka_unit_test(ignored),
        cmocka_unit_test(passed_on),
        cmocka_unit_test(unknown),
        cmocka_unit_test(sizes),
        cmocka_unit_test(numbers),
        cmocka_unit_test(the_last_one_counts),
        cmocka_unit_test(schema_folder),
        cmocka_unit_test(mount_helper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
