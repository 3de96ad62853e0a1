/* The types of the three databases. */
#include "schema/sql_internal.h"

#define NO_ZONE   "a time without its zone: no format fits, so any string is taken"
#define NO_FORMAT "JSON Schema has no format for it, so any string is taken"
#define NO_MASK   "an address alone is taken, without the length of a network's prefix"

/* Sorted by words. */
static const struct sql_kind kinds[] = {
    {.words = "ANY", .class = SQL_CLASS_ANY},
    {.words = "BIGINT", .class = SQL_CLASS_INTEGER},
    {.words = "BIGSERIAL", .class = SQL_CLASS_INTEGER},
    {.words = "BINARY", .class = SQL_CLASS_BYTES, .length = ""},
    {.words = "BLOB", .class = SQL_CLASS_BYTES},
    {.words = "BOOL", .class = SQL_CLASS_BOOLEAN},
    {.words = "BOOLEAN", .class = SQL_CLASS_BOOLEAN},
    {.words = "BPCHAR", .class = SQL_CLASS_STRING, .length = ""},
    {.words = "BYTEA", .class = SQL_CLASS_BYTES},
    {.words = "CHAR", .class = SQL_CLASS_STRING, .length = ""},
    {.words = "CHAR VARYING", .class = SQL_CLASS_STRING, .length = ""},
    {.words = "CHARACTER", .class = SQL_CLASS_STRING, .length = ""},
    {.words = "CHARACTER VARYING", .class = SQL_CLASS_STRING, .length = ""},
    {.words = "CIDR", .class = SQL_CLASS_STRING, .note = NO_FORMAT},
    {.words = "CITEXT",
     .class = SQL_CLASS_STRING,
     .note = "text is compared as it is written here, capital letters differ"},
    {.words = "CLOB", .class = SQL_CLASS_STRING},
    {.words = "DATE", .class = SQL_CLASS_STRING, .format = "date"},
    {.words = "DATETIME", .class = SQL_CLASS_STRING, .note = NO_ZONE},
    {.words = "DEC", .class = SQL_CLASS_NUMBER, .length = ""},
    {.words = "DECIMAL", .class = SQL_CLASS_NUMBER, .length = ""},
    {.words = "DOUBLE", .class = SQL_CLASS_NUMBER},
    {.words = "DOUBLE PRECISION", .class = SQL_CLASS_NUMBER},
    {.words = "ENUM", .class = SQL_CLASS_STRING},
    {.words = "FIXED", .class = SQL_CLASS_NUMBER, .length = ""},
    {.words = "FLOAT", .class = SQL_CLASS_NUMBER},
    {.words = "FLOAT4", .class = SQL_CLASS_NUMBER},
    {.words = "FLOAT8", .class = SQL_CLASS_NUMBER},
    {.words = "INET", .class = SQL_CLASS_STRING, .format = "inet", .note = NO_MASK},
    {"INT", SQL_CLASS_INTEGER, NULL, "-2147483648", "2147483647", "4294967295", NULL, NULL},
    {.words = "INT2", .class = SQL_CLASS_INTEGER, .lower = "-32768", .upper = "32767"},
    {.words = "INT4", .class = SQL_CLASS_INTEGER, .lower = "-2147483648", .upper = "2147483647"},
    {.words = "INT8", .class = SQL_CLASS_INTEGER},
    {"INTEGER", SQL_CLASS_INTEGER, NULL, "-2147483648", "2147483647", "4294967295", NULL, NULL},
    {.words = "INTERVAL", .class = SQL_CLASS_STRING, .note = NO_FORMAT},
    {.words = "JSON", .class = SQL_CLASS_JSON},
    {.words = "JSONB", .class = SQL_CLASS_JSON},
    {.words = "LONGBLOB", .class = SQL_CLASS_BYTES},
    {.words = "LONGTEXT", .class = SQL_CLASS_STRING},
    {.words = "MACADDR", .class = SQL_CLASS_STRING, .note = NO_FORMAT},
    {.words = "MEDIUMBLOB", .class = SQL_CLASS_BYTES},
    {"MEDIUMINT", SQL_CLASS_INTEGER, NULL, "-8388608", "8388607", "16777215", NULL, NULL},
    {.words = "MEDIUMTEXT", .class = SQL_CLASS_STRING},
    {.words = "MONEY", .class = SQL_CLASS_NUMBER, .note = "an amount is a plain number here"},
    {.words = "NAME", .class = SQL_CLASS_STRING, .length = "63"},
    {.words = "NCHAR", .class = SQL_CLASS_STRING, .length = ""},
    {.words = "NUMERIC", .class = SQL_CLASS_NUMBER, .length = ""},
    {.words = "NVARCHAR", .class = SQL_CLASS_STRING, .length = ""},
    {.words = "REAL", .class = SQL_CLASS_NUMBER},
    {.words = "SERIAL", .class = SQL_CLASS_INTEGER, .lower = "-2147483648", .upper = "2147483647"},
    {.words = "SET", .class = SQL_CLASS_SET, .note = "a list of strings here"},
    {"SMALLINT", SQL_CLASS_INTEGER, NULL, "-32768", "32767", "65535", NULL, NULL},
    {.words = "SMALLSERIAL", .class = SQL_CLASS_INTEGER, .lower = "-32768", .upper = "32767"},
    {.words = "TEXT", .class = SQL_CLASS_STRING},
    {.words = "TIME", .class = SQL_CLASS_STRING, .note = NO_ZONE},
    {.words = "TIME WITH TIME ZONE", .class = SQL_CLASS_STRING, .format = "time"},
    {.words = "TIME WITHOUT TIME ZONE", .class = SQL_CLASS_STRING, .note = NO_ZONE},
    {.words = "TIMESTAMP", .class = SQL_CLASS_STRING, .note = NO_ZONE},
    {.words = "TIMESTAMP WITH TIME ZONE", .class = SQL_CLASS_STRING, .format = "date-time"},
    {.words = "TIMESTAMP WITHOUT TIME ZONE", .class = SQL_CLASS_STRING, .note = NO_ZONE},
    {.words = "TIMESTAMPTZ", .class = SQL_CLASS_STRING, .format = "date-time"},
    {.words = "TIMETZ", .class = SQL_CLASS_STRING, .format = "time"},
    {.words = "TINYBLOB", .class = SQL_CLASS_BYTES},
    {"TINYINT", SQL_CLASS_INTEGER, NULL, "-128", "127", "255", NULL, NULL},
    {.words = "TINYTEXT", .class = SQL_CLASS_STRING, .length = "255"},
    {.words = "TSVECTOR", .class = SQL_CLASS_STRING, .note = NO_FORMAT},
    {.words = "UUID", .class = SQL_CLASS_STRING, .format = "uuid"},
    {.words = "VARBINARY", .class = SQL_CLASS_BYTES, .length = ""},
    {.words = "VARCHAR", .class = SQL_CLASS_STRING, .length = ""},
    {.words = "XML", .class = SQL_CLASS_STRING, .note = NO_FORMAT},
    {.words = "YEAR", .class = SQL_CLASS_INTEGER, .lower = "0", .upper = "2155"},
};

static const struct sql_kind one_bit = {
    .class = SQL_CLASS_BOOLEAN,
    .note = "a number of one digit or bit is taken for true or false",
};

static const struct sql_kind *find_words(const char *words)
{
    size_t low = 0, high = sizeof(kinds) / sizeof(kinds[0]);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(words, kinds[middle].words);
        if (order == 0)
            return &kinds[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* How SQLite sees any type it is given (datatype3.html, section 3.1). */
static const struct sql_kind *find_affinity(const char *words)
{
    static const struct {
        const char *part, *words;
    } affinities[] = {{"INT", "INTEGER"}, {"CHAR", "TEXT"}, {"CLOB", "TEXT"}, {"TEXT", "TEXT"},
                      {"BLOB", "BLOB"},   {"REAL", "REAL"}, {"FLOA", "REAL"}, {"DOUB", "REAL"}};
    for (size_t i = 0; i < sizeof(affinities) / sizeof(affinities[0]); i++)
        if (strstr(words, affinities[i].part))
            return find_words(affinities[i].words);
    return NULL;
}

const struct sql_kind *sql_kind_find(const struct sql_type *type, enum sql_dialect dialect)
{
    char words[sizeof(type->words)];
    memcpy(words, type->words, sizeof(words));
    static const char *const signs[] = {" ZEROFILL", " UNSIGNED", " SIGNED"};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        char *sign = strstr(words, signs[i]);
        if (sign && sign[strlen(signs[i])] == 0)
            *sign = 0;
    }
    bool one = type->argument_count == 1 && span_is(type->arguments[0], "1");
    bool tiny = strcmp(words, "TINYINT") == 0 && dialect == SQL_MYSQL;
    if ((tiny && one) || (strcmp(words, "BIT") == 0 && (one || type->argument_count == 0)))
        return &one_bit;
    if (dialect == SQL_MYSQL && strcmp(words, "TIMESTAMP") == 0)
        return find_words("TIMESTAMPTZ"); /* it is kept as UTC */
    const struct sql_kind *kind = find_words(words);
    return kind || dialect != SQL_SQLITE ? kind : find_affinity(words);
}
