#include "fs/options.h"

#include "store/base/clock.h"

#include <stdlib.h>

const char options_usage[] =
    "usage: persistfs STORE MOUNTPOINT [-o option,...] [-f] [-d]\n"
    "       persistfs check STORE\n"
    "       persistfs schema check|validate|infer|from-sql|diff ...\n"
    "       persistfs VERB --help\n"
    "\n"
    "Mounts the persistent objects in the folder STORE, which is made on first use.\n"
    "Unmount with: fusermount3 -u MOUNTPOINT\n"
    "\n"
    "    -f               stay in the foreground, and log to standard error\n"
    "    -d               trace every FUSE request, too (implies -f)\n"
    "    -h, --help       print this\n"
    "    -V, --version    print the version\n"
    "\n"
    "options:\n"
    "    schema=DIR       load the schemas in DIR, and follow its changes\n"
    "    ro               read-only\n"
    "    max_entity=SIZE  the largest document (1M; K, M, G may follow the number)\n"
    "    files_max=SIZE   all ordinary files together, 1 KiB more for each (1G)\n"
    "    lease=SECONDS    how long a claimed event stays claimed (60)\n"
    "    attempts=N       claims after which an event that lapses is dead (5)\n"
    "    dispatched=N     dispatched events that are kept (10000)\n"
    "    replace          clear a stale mount that a killed daemon left behind\n"
    "    allow_other      let other users in; owners and modes are checked\n"
    "and the usual ones of mount(8).\n";

static int bad(struct problem *problem, const char *what, const char *text, const char *hint)
{
    return problem_set(problem, ERR_INVALID, "%s: %s (%s)", what, text, hint);
}

static unsigned unit_shift(char unit)
{
    switch (unit) {
    case 'k':
    case 'K':
        return 10;
    case 'm':
    case 'M':
        return 20;
    case 'g':
    case 'G':
        return 30;
    default:
        return 0;
    }
}

/* A decimal number, with K, M or G behind it where `units`. */
static bool parse_number(const char *text, bool units, uint64_t least, uint64_t most,
                         uint64_t *ret_number)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    uint64_t number = strtoull(text, &end, 10);
    unsigned shift = units ? unit_shift(*end) : 0;
    if (shift)
        end++;
    if (*end || number > most >> shift)
        return false;
    number <<= shift;
    *ret_number = number;
    return number >= least;
}

struct parser {
    struct options *options;
    struct problem *problem;
};

typedef int (*option_set)(struct parser *parser, const char *value);

static int set_schema(struct parser *parser, const char *value)
{
    free(parser->options->schema);
    parser->options->schema = strdup(value);
    if (!value[0])
        return bad(parser->problem, "bad value of option schema", "(empty)", "name a folder");
    return parser->options->schema ? 0 : -ERR_NO_MEMORY;
}

static int set_number(struct parser *parser, const char *name, const char *value, bool units,
                      uint64_t most, uint64_t *ret_number)
{
    if (parse_number(value, units, 1, most, ret_number))
        return 0;
    return problem_set(parser->problem, ERR_INVALID,
                       "bad value of option %s: \"%s\" (a number from 1 to %ju%s)", name, value,
                       (uintmax_t)most, units ? "; K, M or G may follow" : "");
}

static int set_max_entity(struct parser *parser, const char *value)
{
    uint64_t number = 0;
    int result = set_number(parser, "max_entity", value, true, 1U << 30, &number);
    parser->options->model.max_entity = (size_t)number;
    return result;
}

static int set_files_max(struct parser *parser, const char *value)
{
    return set_number(parser, "files_max", value, true, (uint64_t)1 << 50,
                      &parser->options->files_max);
}

static int set_lease(struct parser *parser, const char *value)
{
    uint64_t number = 0;
    int result = set_number(parser, "lease", value, false, 365UL * 86400, &number);
    parser->options->model.lease = (int64_t)number * CLOCK_SECOND;
    return result;
}

static int set_attempts(struct parser *parser, const char *value)
{
    uint64_t number = 0;
    int result = set_number(parser, "attempts", value, false, 1000000, &number);
    parser->options->model.attempts = (uint32_t)number;
    return result;
}

static int set_dispatched(struct parser *parser, const char *value)
{
    uint64_t number = 0;
    int result = set_number(parser, "dispatched", value, false, 1000000000, &number);
    parser->options->model.dispatched_kept = number;
    return result;
}

static int set_ro(struct parser *parser, const char *value)
{
    (void)value;
    parser->options->read_only = true;
    buf_append_string(&parser->options->fuse, ",ro");
    return 0;
}

static int set_replace(struct parser *parser, const char *value)
{
    (void)value;
    parser->options->replace = true;
    return 0;
}

static int set_allow_other(struct parser *parser, const char *value)
{
    (void)value;
    parser->options->allow_other = true;
    buf_append_string(&parser->options->fuse, ",allow_other");
    return 0;
}

static int set_debug(struct parser *parser, const char *value)
{
    (void)value;
    parser->options->debug = parser->options->foreground = true;
    return 0;
}

static int ignore(struct parser *parser, const char *value)
{
    (void)parser, (void)value;
    return 0;
}

static const struct {
    const char *name;
    bool has_value;
    option_set set;
} table[] = {
    {"schema", true, set_schema},
    {"max_entity", true, set_max_entity},
    {"files_max", true, set_files_max},
    {"lease", true, set_lease},
    {"attempts", true, set_attempts},
    {"dispatched", true, set_dispatched},
    {"ro", false, set_ro},
    {"replace", false, set_replace},
    {"allow_other", false, set_allow_other},
    {"debug", false, set_debug},
    /* What mount(8) and fstab(5) pass along, and what is so anyway. */
    {"rw", false, ignore},
    {"nosuid", false, ignore}, /* always; mount.fuse3 passes its opposite to root */
    {"suid", false, ignore},
    {"nodev", false, ignore},
    {"dev", false, ignore},
    {"default_permissions", false, ignore},
    {"auto", false, ignore},
    {"noauto", false, ignore},
    {"user", false, ignore},
    {"nouser", false, ignore},
    {"users", false, ignore},
    {"owner", false, ignore},
    {"group", false, ignore},
    {"defaults", false, ignore},
    {"nofail", false, ignore},
    {"_netdev", false, ignore},
    {"exec", false, ignore},
    {"async", false, ignore},
    {"relatime", false, ignore},
};

/* Passed to the kernel as they are. */
static const char *const passed[] = {"noexec", "noatime", "nodiratime", "sync", "dirsync"};

static int set_option(struct parser *parser, const char *option)
{
    size_t size = strcspn(option, "=");
    if (strncmp(option, "x-", 2) == 0 || strncmp(option, "comment=", 8) == 0 ||
        strncmp(option, "user=", 5) == 0)
        return 0; /* fstab(5), mount(8): for other programs */
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strlen(table[i].name) != size || strncmp(option, table[i].name, size) != 0)
            continue;
        if (table[i].has_value != (option[size] == '='))
            return bad(parser->problem, "bad option", option,
                       table[i].has_value ? "it needs a value: name=value" : "it has no value");
        return table[i].set(parser, option[size] ? option + size + 1 : NULL);
    }
    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
        if (strcmp(option, passed[i]) == 0) {
            buf_printf(&parser->options->fuse, ",%s", option);
            return 0;
        }
    }
    return bad(parser->problem, "unknown option", option, "see persistfs --help");
}

/* One -o argument; a backslash takes the meaning from a comma. */
static int set_options(struct parser *parser, const char *list)
{
    struct buf option = {0};
    int result = 0;
    for (const char *at = list; result == 0; at++) {
        if (*at == '\\' && at[1]) {
            buf_append_byte(&option, (uint8_t) * ++at);
        } else if (*at && *at != ',') {
            buf_append_byte(&option, (uint8_t)*at);
        } else {
            result = option.size > 0 ? set_option(parser, buf_string(&option)) : 0;
            buf_clear(&option);
            if (!*at)
                break;
        }
    }
    buf_finish(&option);
    return result;
}

static int add_operand(struct parser *parser, const char *text)
{
    struct options *options = parser->options;
    if (!options->store)
        options->store = text;
    else if (!options->mountpoint)
        options->mountpoint = text;
    else
        return bad(parser->problem, "one argument too many", text, "see persistfs --help");
    return 0;
}

struct arguments {
    int argc;
    char **argv;
    int at;
    bool is_helper; /* mount(8) calls: -f is "fake", -s "sloppy", -n "no mtab" */
};

static int parse_flag(struct parser *parser, struct arguments *arguments, const char *flag,
                      enum options_outcome *outcome)
{
    if (strncmp(flag, "-o", 2) == 0) {
        if (flag[2])
            return set_options(parser, flag + 2);
        if (arguments->at + 1 >= arguments->argc)
            return bad(parser->problem, "option -o", "nothing follows", "see persistfs --help");
        return set_options(parser, arguments->argv[++arguments->at]);
    }
    if (arguments->is_helper &&
        (strcmp(flag, "-n") == 0 || strcmp(flag, "-s") == 0 || strcmp(flag, "-v") == 0))
        return 0;
    if (arguments->is_helper && strcmp(flag, "-t") == 0) {
        arguments->at++;
        return 0;
    }
    if (strcmp(flag, "-f") == 0 && arguments->is_helper)
        *outcome = OPTIONS_FAKE;
    else if (strcmp(flag, "-f") == 0)
        parser->options->foreground = true;
    else if (strcmp(flag, "-d") == 0)
        return set_debug(parser, NULL);
    else if (strcmp(flag, "-h") == 0 || strcmp(flag, "--help") == 0)
        *outcome = OPTIONS_HELP;
    else if (strcmp(flag, "-V") == 0 || strcmp(flag, "--version") == 0)
        *outcome = OPTIONS_VERSION;
    else
        return bad(parser->problem, "unknown flag", flag, "see persistfs --help");
    return 0;
}

static bool is_mount_helper(const char *program)
{
    const char *name = strrchr(program, '/');
    return strncmp(name ? name + 1 : program, "mount.", 6) == 0;
}

int options_parse(int argc, char **argv, struct options *ret_options,
                  enum options_outcome *ret_outcome, struct problem *problem)
{
    *ret_options = (struct options){.files_max = (uint64_t)1 << 30,
                                    .model = {.max_entity = 1 << 20,
                                              .lease = 60 * (int64_t)CLOCK_SECOND,
                                              .attempts = 5,
                                              .dispatched_kept = 10000}};
    *ret_outcome = OPTIONS_MOUNT;
    struct parser parser = {.options = ret_options, .problem = problem};
    struct arguments arguments = {
        .argc = argc, .argv = argv, .at = 1, .is_helper = is_mount_helper(argv[0])};
    bool flags_ended = false;
    for (; arguments.at < argc; arguments.at++) {
        const char *text = argv[arguments.at];
        int result;
        if (!flags_ended && strcmp(text, "--") == 0) {
            flags_ended = true;
            continue;
        }
        if (!flags_ended && text[0] == '-' && text[1])
            result = parse_flag(&parser, &arguments, text, ret_outcome);
        else
            result = add_operand(&parser, text);
        if (result < 0)
            return result;
    }
    bool needs_both = *ret_outcome == OPTIONS_MOUNT || *ret_outcome == OPTIONS_FAKE;
    if (needs_both && !ret_options->mountpoint)
        return problem_set(problem, ERR_INVALID, "%s is missing (see persistfs --help)",
                           ret_options->store ? "the mount point" : "the store");
    return 0;
}

void options_finish(struct options *options)
{
    free(options->schema);
    buf_finish(&options->fuse);
}
